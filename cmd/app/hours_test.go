package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-im/frontdesk/core/calendar"
)

// Hours are understood as people write them, and what is not is asked for again.
func TestHours(t *testing.T) {
	const nine = "09:00-18:00"
	for v, want := range map[string]string{
		"mon-fri 09:00-18:00": "mon-fri:[" + nine + "]", "Mon-Fri 9:00 - 18:00; Sat 10:00-16:00": "mon-fri:[" + nine + "] sat:[10:00-16:00]",
		"周一到周六 9:00-21:00": "mon-sat:[09:00-21:00]", "周一至周五9：00－18：00，周六 10:00-16:00": "mon-fri:[" + nine + "] sat:[10:00-16:00]",
		"星期一到星期天 早上9点到晚上9点半": "mon-sun:[09:00-21:30]", "周一、周三、周五 9点-18点": "fri:[" + nine + "] mon:[" + nine + "] wed:[" + nine + "]",
		"每天 上午9点到12点 下午1点到6点": "mon-sun:[09:00-12:00 13:00-18:00]", "工作日 9:00-18:00；周末休息": "mon-fri:[" + nine + "]",
		"Monday to Friday 9am to 6pm, Saturday 10-16": "mon-fri:[" + nine + "] sat:[10:00-16:00]", "weekdays 9-6": "mon-fri:[" + nine + "]",
		"24h": "mon-sun:[00:00-24:00]", "全天": "mon-sun:[00:00-24:00]", "周六全天": "sat:[00:00-24:00]", "9:00-18:00": "mon-sun:[" + nine + "]", "mon-fri 09:00-12:00 13:00-18:00": "mon-fri:[09:00-12:00 13:00-18:00]",
	} {
		got, err := weekOf(v)
		if s := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(got), "map["), "]"); err != nil || s != want {
			t.Errorf("%s: %s, %v, want %s", v, s, err, want)
		}
		if _, err := calendar.ParseWeek(got); err != nil {
			t.Errorf("%s: %v", v, err)
		}
	}
	for _, v := range []string{"", "morning", "周一到周六", "mon", "25:00", "9:00", "周一 9:00-", "mon-fri nine to six", "八点到十点"} {
		if got, err := weekOf(v); err == nil {
			t.Errorf("%s is taken for %v", v, got)
		}
	}
}
