package webchat

import (
	"bytes"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A business that has a name of its own (look.title) shows a page with it, instead
// of the demo's: a place to try the chat and to link to until it stands on the
// business's own pages. There is one for each language of the name.
var ownPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>{{.Title}}</title>
<link rel="stylesheet" href="{{.Prefix}}own.css">
<script src="{{.Prefix}}widget.js" async></script>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>{{if eq .Lang "en"}}Write to us: the button is in the corner of this page.{{else}}有问题请点页面角上的按钮，直接问我们。{{end}}</p>
</main>
</body>
</html>
`))

const ownStyle = `:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 18px/1.6 system-ui, sans-serif; background: Canvas; color: CanvasText }
main { padding: 2rem; text-align: center }
h1 { font-size: 2rem; line-height: 1.25; margin: 0 0 .5rem }
p { margin: 0 }
`

// own adds the pages of a business's own to the files.
func own(cfg Config, files map[string]asset) (err error) {
	for _, lang := range slices.Sorted(maps.Keys(cfg.Look.Title)) {
		var b bytes.Buffer
		if err := ownPage.Execute(&b, map[string]string{"Lang": lang, "Title": cfg.Look.Title[lang], "Prefix": cfg.Prefix}); err != nil {
			return err
		}
		if files[ownFile(lang)], err = pack(b.Bytes(), assetTypes[".html"]); err != nil {
			return err
		}
	}
	files["own.css"], err = pack([]byte(ownStyle), assetTypes[".css"])
	return err
}

func ownFile(lang string) string { return "own." + lang + ".html" }

// front is the page that a browser is shown first: the business's own in its
// language, or else the demo's.
func (p pages) front(r *http.Request) string {
	var have []string
	for _, lang := range []string{"zh-CN", "en"} {
		if _, ok := p.files[ownFile(lang)]; ok {
			have = append(have, lang)
		}
	}
	if len(have) == 0 {
		return "demo.html"
	}
	for want := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		for _, lang := range have {
			if strings.HasPrefix(strings.ToLower(strings.TrimSpace(want)), lang[:2]) {
				return ownFile(lang)
			}
		}
	}
	return ownFile(have[0])
}
