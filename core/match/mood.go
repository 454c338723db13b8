package match

func moodOf(f string, text []rune) Mood { return Mood{} }
