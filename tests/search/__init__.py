"""Search: text rules, the sealed index, its process; recall on real messages, truth by brute force, kills, canaries."""
