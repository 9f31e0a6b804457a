class ModuleDocFragment:
    DOCUMENTATION = """
options:
  mark:
    description: The mark.
    default: "-"
    env: [{name: MARKS_MARK}]
    ini: [{section: callback_marks, key: mark}]
"""
