"""Pickles, read instruction by instruction and never carried out: what would they call?"""
