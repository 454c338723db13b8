package match

import (
	"fmt"
	"os"
	"testing"
)

func TestLab4(t *testing.T) {
	if os.Getenv("LAB4") == "" {
		t.Skip()
	}
	train, _ := reviews(t)
	sum := 0.0
	for f := range 4 {
		var tr, te []moodLine
		for i, l := range train {
			if i%4 == f {
				te = append(te, l)
			} else {
				tr = append(tr, l)
			}
		}
		sum += 100 * negativeRight(trainMood(tr, 18), te) / 4
	}
	fmt.Printf("trained %.2f ", sum)
	fmt.Printf("seed %.2f\n", 100*negativeRight(seedMoods(), train))
}
