"""Tokenizers of sound from their original files: SNAC, SpeechTokenizer and WavTokenizer.

`*_format.py` recognise and describe them without torch; the other files hold their networks and codecs.
"""
