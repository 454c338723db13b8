package console

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// Words stand out from every ground they are on, light and dark: 4.5 to 1.
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("web/src/css/base.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := map[string]map[string]string{"light": {}, "dark": {}}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{3,6});`).FindAllStringSubmatch(string(css), -1) {
		theme := themes["light"]
		if theme[m[1]] != "" {
			theme = themes["dark"]
		}
		theme[m[1]] = m[2]
	}
	for name, theme := range themes {
		for _, ink := range []string{"ink", "ink-2", "soft"} {
			for _, ground := range []string{"paper", "page", "hover", "on", "bot", "peer"} {
				a, b := light(t, theme[ink]), light(t, theme[ground])
				if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < 4.5 {
					t.Errorf("%s: %s %s on %s %s is %.2f to 1", name, ink, theme[ink], ground, theme[ground], got)
				}
			}
		}
	}
}

// light is the relative luminance of a colour, as WCAG 2 has it.
func light(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) == 4 {
		colour = string([]byte{'#', colour[1], colour[1], colour[2], colour[2], colour[3], colour[3]})
	}
	if len(colour) != 7 {
		t.Fatalf("no colour: %q", colour)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
