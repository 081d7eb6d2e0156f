"""SQL of people who are not trusted: a guard, a sealed engine, a confined process.

`README.md` beside this file says what each layer does, and what all of them together do not.
"""
