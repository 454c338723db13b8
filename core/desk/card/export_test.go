package card

// Catalog shows the tests what staff can be told.
func Catalog() map[string][2]string { return catalog }
