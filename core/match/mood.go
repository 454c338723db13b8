package match

func moodOf(f string) Mood { return Mood{} }
