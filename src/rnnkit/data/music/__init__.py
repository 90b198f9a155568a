"""Music: piano rolls and MIDI, read, transposed, drawn from, written as MIDI and as sound."""
