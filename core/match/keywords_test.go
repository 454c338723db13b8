package match

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

type ruleCase struct{ entry, kind, pattern, text string }

func keywordCorpus(t testing.TB) (entries []Entry, cases []ruleCase) {
	t.Helper()
	f, err := os.Open("testdata/keywords.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		part := strings.Split(sc.Text(), "\t")
		if len(part) != 3 {
			t.Fatalf("line %d: %d columns", n, len(part))
		}
		kind, pattern, _ := strings.Cut(part[1], ":")
		e := Entry{ID: part[0], Pos: fmt.Sprintf("keywords.tsv:%d", n)}
		switch kind {
		case "exact":
			e.Exact = []string{pattern}
		case "contains":
			e.Contains = []string{pattern}
		case "regexp":
			e.Regexp = []string{pattern}
		}
		if e.ID != "-" {
			entries = append(entries, e)
		}
		for _, u := range strings.Split(part[2], "|") {
			cases = append(cases, ruleCase{part[0], kind, pattern, u})
		}
	}
	return entries, cases
}

// At least 99 % of the corpus must meet the expected rule, and every explanation must name the rule and the words.
func TestKeywordCorpus(t *testing.T) {
	entries, cases := keywordCorpus(t)
	m, err := New(entries, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for _, c := range cases {
		d := m.Match(Query{Text: c.text})
		byRule := len(d.Candidates) > 0 && d.Candidates[0].How != "samples" && d.Kind == Answer
		if c.entry == "-" {
			if byRule || d.Kind == Answer {
				wrong++
				t.Logf("%q: want no rule, have %s", c.text, d.Why)
			}
			continue
		}
		if !byRule || d.Candidates[0].Entry != c.entry {
			wrong++
			t.Logf("%q: want %s, have %s %s", c.text, c.entry, d.Kind, d.Why)
			continue
		}
		x := d.Candidates[0]
		if x.How != c.kind || x.How != "exact" && x.Pattern != c.pattern {
			t.Errorf("%q: by %s %q, want %s %q", c.text, x.How, x.Pattern, c.kind, c.pattern)
		}
		if x.Span == "" || !strings.Contains(Fold(c.text), x.Span) {
			t.Errorf("%q: span %q is not in the text", c.text, x.Span)
		}
		if x.How != "exact" && !strings.Contains(d.Why, x.Span) || !strings.Contains(d.Why, x.Pattern) {
			t.Errorf("%q: the explanation names neither rule nor words: %s", c.text, d.Why)
		}
	}
	t.Logf("%d of %d right", len(cases)-wrong, len(cases))
	if len(cases) < 500 || wrong*100 > len(cases) {
		t.Errorf("%d of %d wrong, want at most 1%%", wrong, len(cases))
	}
}

// 10,000 keywords, Chinese and English, against a long message: must stay below a millisecond.
func BenchmarkKeywords10k(b *testing.B) {
	var entries []Entry
	zh := []rune("退换货款订单发票运费快递地址优惠券积分会员密码登录验证取消修改查询支付售后保修尺码颜色库存预售礼盒")
	for i := range 10_000 {
		e := Entry{ID: fmt.Sprint("k", i)}
		if i%4 == 3 {
			e.Contains = []string{fmt.Sprintf("word%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)}
		} else {
			n := len(zh)
			e.Contains = []string{string([]rune{zh[i%n], zh[i/n%n], zh[(i*7)%n], zh[i/(n*n)%n]})}
		}
		entries = append(entries, e)
	}
	r, err := newRules(entries)
	if err != nil {
		b.Fatal(err)
	}
	text := Fold("你好，我昨天在你们店里买了一件衣服，尺码不太合适，想申请退换货，运费险能不能用，快递单号应该填在哪里呢，另外 the shipping was really slow, please check my order")
	runes := []rune(text)
	for b.Loop() {
		r.find(text, runes)
	}
}
