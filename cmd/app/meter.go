package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/frontdesk-im/frontdesk/core"
)

// mostSeries bounds what one name may cost: labels come from configuration, so
// more than this is a fault, and is dropped rather than kept in memory.
const mostSeries = 500

// A meter implements core.Meter for Prometheus. Names get the prefix
// frontdesk_; a name is what it was at its first use.
type meter struct {
	reg *prometheus.Registry
	log *slog.Logger

	mu     sync.RWMutex
	series map[string]*series
}

type series struct {
	labels  []string
	counter *prometheus.CounterVec
	gauge   *prometheus.GaugeVec
	times   *prometheus.HistogramVec

	mu   sync.Mutex
	seen map[string]struct{}
}

var _ core.Meter = (*meter)(nil)

// buckets reach from a decision (0.1 ms) to a platform that does not answer.
var buckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// waits reach from a moment to an afternoon.
var waits = []float64{5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400}

// bucketsOf are those of a figure: of times that people wait, or the program.
func bucketsOf(name string) []float64 {
	if strings.HasPrefix(name, "line_") {
		return waits
	}
	return buckets
}

func newMeter(log *slog.Logger) *meter {
	m := &meter{reg: prometheus.NewRegistry(), log: log, series: map[string]*series{}}
	m.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Count implements core.Meter.
func (m *meter) Count(name string, n float64, labels ...string) {
	s, values := m.get(name, labels, func(name string, s *series) prometheus.Collector {
		s.counter = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "frontdesk", Name: name, Help: help(name)}, s.labels)
		return s.counter
	})
	if s != nil && s.counter != nil && n >= 0 {
		s.counter.WithLabelValues(values...).Add(n)
	}
}

// Set implements core.Meter.
func (m *meter) Set(name string, v float64, labels ...string) {
	s, values := m.get(name, labels, func(name string, s *series) prometheus.Collector {
		s.gauge = prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "frontdesk", Name: name, Help: help(name)}, s.labels)
		return s.gauge
	})
	if s != nil && s.gauge != nil {
		s.gauge.WithLabelValues(values...).Set(v)
	}
}

// Time implements core.Meter.
func (m *meter) Time(name string, d time.Duration, labels ...string) {
	s, values := m.get(name, labels, func(name string, s *series) prometheus.Collector {
		s.times = prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "frontdesk", Name: name, Help: help(name), Buckets: bucketsOf(name)}, s.labels)
		return s.times
	})
	if s != nil && s.times != nil {
		s.times.WithLabelValues(values...).Observe(d.Seconds())
	}
}

// get finds the series called name, made by its first use, and the label values
// in its order. It is nil if they do not belong to it.
func (m *meter) get(name string, labels []string, make func(name string, s *series) prometheus.Collector) (*series, []string) {
	name = strings.TrimPrefix(name, "frontdesk_")
	m.mu.RLock()
	s := m.series[name]
	m.mu.RUnlock()
	if s == nil {
		s = m.add(name, labels, make)
	}
	if len(labels) != 2*len(s.labels) {
		return nil, nil
	}
	values := values(labels)
	for i, l := range s.labels {
		if labels[2*i] != l {
			return nil, nil
		}
	}
	if !s.room(values) {
		return nil, nil
	}
	return s, values
}

func (m *meter) add(name string, labels []string, make func(string, *series) prometheus.Collector) *series {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.series[name]; s != nil {
		return s
	}
	s := &series{seen: map[string]struct{}{}}
	for i := 0; i+1 < len(labels); i += 2 {
		s.labels = append(s.labels, labels[i])
	}
	if err := m.reg.Register(make(name, s)); err != nil {
		m.log.Error("a figure cannot be shown in /metrics", "name", name, "err", err)
		s.counter, s.gauge, s.times = nil, nil, nil
	}
	m.series[name] = s
	return s
}

func values(labels []string) []string {
	out := make([]string, 0, len(labels)/2)
	for i := 1; i < len(labels); i += 2 {
		out = append(out, labels[i])
	}
	return out
}

// room reports whether these values may have a series.
func (s *series) room(values []string) bool {
	if len(values) == 0 {
		return true
	}
	key := ""
	for _, v := range values {
		key += v + "\x00"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[key]; ok {
		return true
	}
	if len(s.seen) >= mostSeries {
		return false
	}
	s.seen[key] = struct{}{}
	return true
}

// help explains the figures of the hub and of the program; the adapters' own
// names say what they are, so that an adapter touches nothing outside its folder.
func help(name string) string {
	if h, ok := helps[name]; ok {
		return h
	}
	return name
}

var helps = map[string]string{
	"account_up":          "0 while a platform refuses our credentials, by account.",
	"http_requests_total": "Requests answered, by route and class of status.",
	"http_seconds":        "Time to answer a request, by route; sockets and long polls are left out.",
	"inbound_total":       "Envelopes filed, by account.",
	"line_wait_seconds":   "Time from joining the line until an agent took the ticket, by topic.",
	"ratings_total":       "Answers to the survey: solved or not (yes, no), and scores.",
	"lease_held":          "1 while this process does what only one may do, by lease.",
	"leases_lost_total":   "Leases that were lost while their work was under way, by lease.",
	"repeats_total":       "Envelopes that had been filed before, by account.",
	"receive_seconds":     "Time to file an envelope durably, by account.",
	"turn_seconds":        "Time of a turn: load, decide, commit.",
	"decide_seconds":      "Time of a decision: what the bot and the desk make of what is unread, without the store.",
	"sends_total":         "Attempts to send, by account and outcome.",
	"send_seconds":        "Time of one attempt to send, by account.",
	"panics_total":        "Handlers that panicked; the process went on.",
}

// storeHelps are the figures of stats.
var storeHelps = map[string]string{
	"unread_envelopes":      "Envelopes that no turn has read.",
	"unread_oldest_seconds": "How long the conversation that has waited longest has waited for its turn.",
	"outbox_deliveries":     "Messages on their way out.",
	"outbox_oldest_seconds": "Age of the oldest message that is due.",
	"line_tickets":          "Tickets in line.",
	"agents_on_duty":        "Agents who take tickets.",
	"agents_on_break":       "Agents on a break.",
	"store_flush_seconds":   "How long the last commit took to reach the disk.",
	"store_bytes":           "Size of the database.",
	"store_statements":      "SQL statements run since the start.",
	"store_commits":         "Transactions that have reached the disk since the start.",
	"store_schema":          "Version of the schema.",
	"store_up":              "Whether the store answers.",
}

// stats shows a store's figures whenever /metrics is read.
type stats struct {
	of   func(context.Context) (core.Stats, error)
	who  func(context.Context) ([]core.Agent, error)
	desc map[string]*prometheus.Desc
}

// Metrics are the names of all figures of the program, those of adapters apart.
func Metrics() []string {
	var names []string
	for name := range helps {
		names = append(names, "frontdesk_"+name)
	}
	for name := range storeHelps {
		names = append(names, "frontdesk_"+name)
	}
	slices.Sort(names)
	return names
}

func newStats(of func(context.Context) (core.Stats, error), who func(context.Context) ([]core.Agent, error)) *stats {
	s := &stats{of: of, who: who, desc: map[string]*prometheus.Desc{}}
	for name, help := range storeHelps {
		s.desc[name] = prometheus.NewDesc("frontdesk_"+name, help, nil, nil)
	}
	return s
}

// Describe implements prometheus.Collector.
func (s *stats) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range s.desc {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *stats) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	show := func(name string, v float64) {
		ch <- prometheus.MustNewConstMetric(s.desc[name], prometheus.GaugeValue, v)
	}
	st, err := s.of(ctx)
	agents, err2 := s.who(ctx)
	if err != nil || err2 != nil {
		show("store_up", 0)
		return
	}
	show("store_up", 1)
	show("unread_envelopes", float64(st.Unread))
	show("unread_oldest_seconds", st.Since.Seconds())
	show("outbox_deliveries", float64(st.Outbox))
	show("outbox_oldest_seconds", st.Oldest.Seconds())
	show("line_tickets", float64(st.Waiting))
	at := map[core.Presence]float64{}
	for _, a := range agents {
		at[a.Presence]++
	}
	show("agents_on_duty", at[core.OnDuty])
	show("agents_on_break", at[core.OnBreak])
	show("store_flush_seconds", st.Flush.Seconds())
	show("store_bytes", float64(st.Bytes))
	show("store_statements", float64(st.Statements))
	show("store_commits", float64(st.Commits))
	show("store_schema", float64(st.Schema))
}
