from .deeper import VALUE
def answer():
    return VALUE
