package rehearse

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
)

// A Page writes what an evening came to, for people.
type Page struct {
	Zh bool // in Chinese
	to strings.Builder
}

// of is the text in the reader's language.
func (p *Page) of(zh, en string) string {
	if p.Zh {
		return zh
	}
	return en
}

func (p *Page) line(format string, args ...any) { fmt.Fprintf(&p.to, format+"\n", args...) }

// Write writes the figures, the evening by ten minutes and three customers' waits.
func (p *Page) Write(w io.Writer, e *Evening, f Figures) error {
	p.line(p.of("排演：%s，%s–%s，种子 %d", "Rehearsal: policy %s, %s–%s, seed %d"), e.Policy, clock(e.Scenario.Start), clock(e.End), e.Seed)
	p.line("")
	for _, r := range p.rows(f) {
		p.line("%s %s", fill(r.name, 46), r.text)
	}
	p.line("")
	p.line(p.of("* 是情景文件里的假设（耐心、不辞而别、应答），不是预测。", "* rests on what the scenario assumes (patience, silent leavers, answers); it is no forecast."))
	p.line("")
	p.series(e)
	p.samples(e)
	_, err := io.WriteString(w, p.to.String())
	return err
}

// Compare writes the figures of two evenings and what is different.
func (p *Page) Compare(w io.Writer, mine, other Figures) error {
	p.line("%s %s %s %s", fill(p.of("对比", "Compared"), 46), right(p.of("本策略", "this"), 12), right(p.of("另一份", "other"), 12), right(p.of("差", "difference"), 12))
	rows := p.rows(other)
	for i, r := range p.rows(mine) {
		p.line("%s %s %s %+12.*f", fill(r.name, 46), right(r.text, 12), right(rows[i].text, 12), r.digits, r.value-rows[i].value)
	}
	_, err := io.WriteString(w, p.to.String())
	return err
}

// A row is a figure.
type row struct {
	name, text string
	value      float64
	digits     int
}

func (p *Page) rows(f Figures) []row {
	percent := func(zh, en string, x float64) row {
		return row{p.of(zh, en), fmt.Sprintf("%.1f %%", 100*x), 100 * x, 1}
	}
	count := func(zh, en string, n int) row { return row{p.of(zh, en), fmt.Sprint(n), float64(n), 0} }
	minutes := func(zh, en string, x float64) row {
		return row{p.of(zh, en), fmt.Sprintf("%.1f %s", x, p.of("分", "min")), x, 1}
	}
	plain := func(zh, en string, x float64) row { return row{p.of(zh, en), fmt.Sprintf("%.2f", x), x, 2} }
	return []row{
		count("进队", "Customers who got in line", f.Queued),
		count("其中没有立刻接通的", "Of those, not taken at once", f.Waited),
		percent("报的时间守住了", "Named waits that were kept", f.Coverage),
		percent("等的人里听到时间的", "Told a number, of those who waited", f.Shown),
		percent("比实际多报", "Named beyond the actual wait", f.Overstated),
		count("越报越久又没道歉（次）", "Longer than said before, without an apology", f.ToldWorse),
		count("接通时额度不够客服用（人）", "Taken with less than the agent's reserve", f.ReserveShort),
		count("同上，因为平台拒收（人）", "The same, for the platform had refused", f.RefusedShort),
		count("结束以后还发的（条）", "Messages about the wait when it was over", f.AfterPickup),
		percent("接起来没人 *", "Taken when nobody was there any more *", f.GhostPickups),
		percent("人在却被搁置 *", "Still there, and set aside *", f.ParkedPresent),
		plain("每人收到的消息，平均", "Messages to each who waited, mean", f.Messages.Mean),
		plain("　　第 95 百分位", "  95th percentile", f.Messages.P95),
		count("　　最多", "  most", f.Messages.Max),
		minutes("等待，一半人不超过", "Wait of those served, median", f.Wait.P50),
		minutes("　　八成人不超过", "  80th percentile", f.Wait.P80),
		minutes("　　九成五的人不超过", "  95th percentile", f.Wait.P95),
		minutes("　　平均", "  mean", f.Wait.Mean),
		count("接待了（人）*", "Served *", f.Served),
		count("说了不等了（人）*", "Said that they leave *", f.ToldUs),
		count("不辞而别（人）*", "Left without a word *", f.LeftSilently),
		count("没应答、先搁置（人）*", "Set aside, for they did not answer *", f.Parked),
		count("　　后来接待了的", "  served after all", f.Returned),
		count("改为留言、回电（人）*", "Left a message or wanted a call *", f.Diverted),
		count("平台拒收过（人）", "A message to them was refused", f.Refused),
		count("结束时还在队里（人）", "Still in line at the end", f.Waiting),
	}
}

// slot is the width of a line of the series.
const slot = 10 * time.Minute

// series is the evening by ten minutes.
func (p *Page) series(e *Evening) {
	slots := e.Series()
	longest := 1
	for _, s := range slots {
		longest = max(longest, s.Waiting)
	}
	p.line("%s %s %s %s %s  %s", fill(p.of("时间", "Time"), 6), right(p.of("来", "come"), 6), right(p.of("接通", "taken"), 6), right(p.of("没人", "ghosts"), 6), right(p.of("等(分)", "min"), 6), p.of("在队", "in line"))
	for _, s := range slots {
		p.line("%s  %6d %6d %6d %6.1f  %5d %s", clock(s.At), s.Came, s.Picked, s.Ghosts, s.Wait, s.Waiting, strings.Repeat("▪", (s.Waiting*30+longest-1)/longest))
	}
	p.line("")
}

// A Slot is ten minutes of an evening.
type Slot struct {
	At      time.Time `json:"at"`
	Came    int       `json:"came"`
	Picked  int       `json:"picked"`
	Ghosts  int       `json:"ghosts"`  // of Picked, those who were no longer there
	Wait    float64   `json:"wait"`    // median of Picked, in minutes
	Waiting int       `json:"waiting"` // in line at its end, without those who are set aside
}

// Series is the evening by ten minutes.
func (e *Evening) Series() []Slot {
	n := int((e.End.Sub(e.Scenario.Start) + slot - 1) / slot)
	out, waits := make([]Slot, n), make([][]float64, n)
	for i := range out {
		out[i].At = e.Scenario.Start.Add(time.Duration(i) * slot)
	}
	in := func(at time.Time) int { return min(n-1, int(at.Sub(e.Scenario.Start)/slot)) }
	for i := range e.Customers {
		c := &e.Customers[i]
		out[in(c.Came)].Came++
		if !c.Picked.IsZero() {
			k := in(c.Picked)
			out[k].Picked++
			out[k].Ghosts += number(c.Ghost())
			waits[k] = append(waits[k], c.Picked.Sub(c.Came).Minutes())
		}
		for k := in(c.Came); k < n && (c.Ended.IsZero() || c.Ended.After(out[k].At.Add(slot))); k++ {
			out[k].Waiting += number(!c.setAside(out[k].At.Add(slot)))
		}
	}
	for i := range out {
		slices.Sort(waits[i])
		out[i].Wait = percentile(waits[i], 0.5)
	}
	return out
}

// setAside reports whether they were so at a moment.
func (c *Customer) setAside(at time.Time) (is bool) {
	for _, e := range c.Log {
		switch {
		case e.At.After(at):
			return is
		case e.Kind == core.EventParked:
			is = true
		case e.Kind == core.EventReturned:
			is = false
		}
	}
	return is
}

// samples are three customers' waits as they would read them: one who was served,
// one who left without a word, one who said so; of each the one who was told most.
func (p *Page) samples(e *Evening) {
	kinds := []func(*Customer) bool{
		func(c *Customer) bool { return c.Served() },
		func(c *Customer) bool { return !c.Gone.IsZero() },
		func(c *Customer) bool { return c.Gone.IsZero() && !c.Served() && c.Why != "" },
	}
	for _, is := range kinds {
		var best *Customer
		for i := range e.Customers {
			if c := &e.Customers[i]; is(c) && (best == nil || len(c.Said) > len(best.Said)) {
				best = c
			}
		}
		if best != nil {
			p.sample(best, e.End)
		}
	}
}

func (p *Page) sample(c *Customer, end time.Time) {
	p.line("— %s", fmt.Sprintf(p.of("%s 上的一位客户，%s", "a customer on %s, %s"), c.Key.Channel, p.became(c)))
	type entry struct {
		at   time.Time
		text string
	}
	entries := []entry{{c.Came, p.of("（进队）", "(gets in line)")}}
	for _, s := range c.Said {
		text := "“" + s.Text + "”"
		if s.Lost {
			text += p.of("（平台拒收）", " (refused by the platform)")
		}
		entries = append(entries, entry{s.At, text})
	}
	if !c.Gone.IsZero() {
		entries = append(entries, entry{c.Gone, p.of("（走开了，没说）", "(is gone, without a word)")})
	}
	for _, x := range c.Log {
		switch x.Kind {
		case core.EventParked:
			entries = append(entries, entry{x.At, p.of("（没应答，先搁置）", "(did not answer: set aside)")})
		case core.EventReturned:
			entries = append(entries, entry{x.At, p.of("（又说话了，回到原来的位置）", "(writes again: back in the old place)")})
		case core.EventClaimed:
			entries = append(entries, entry{x.At, p.of("（客服接通）", "(an agent takes over)")})
		case core.EventExited:
			entries = append(entries, entry{x.At, p.of("（离开）", "(leaves)")})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
	for _, x := range entries {
		if !x.at.After(end) {
			p.line("  %s  %s", clock(x.at), strings.ReplaceAll(x.text, "\n", "\n         "))
		}
	}
	p.line("")
}

// became is what became of somebody.
func (p *Page) became(c *Customer) string {
	switch {
	case c.Served():
		return p.of("接待了", "who was served")
	case !c.Gone.IsZero():
		return p.of("不辞而别", "who left without a word")
	case c.Why == "left":
		return p.of("说了不等了", "who said that they leave")
	}
	return p.of("改为留言或回电", "who left a message or wanted a call")
}

func clock(t time.Time) string { return t.Format("15:04") }

// fill is text as wide as so many letters, right the same at the right edge.
func fill(text string, wide int) string  { return text + strings.Repeat(" ", max(0, wide-width(text))) }
func right(text string, wide int) string { return strings.Repeat(" ", max(0, wide-width(text))) + text }

// width is how many letters wide a text is; a Han character is as wide as two.
func width(text string) (n int) {
	for _, r := range text {
		n++
		if r >= 0x2e80 {
			n++
		}
	}
	return n
}
