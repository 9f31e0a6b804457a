class ModuleDocFragment:
    DOCUMENTATION = """
options:
  word:
    description: What is said.
    type: str
    default: none
    ini: [{section: vars_words, key: word}]
    env: [{name: WORDS_WORD}]
"""
