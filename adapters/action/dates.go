package action

import (
	"regexp"
	"strconv"
	"time"
)

// day is a date in the demo's orders, in days from today: {day+2} as a list has
// it, {zh-5} and {en-5} as people say it.
var day = regexp.MustCompile(`\{(day|zh|en)([+-][0-9]{1,2})\}`)

// shopZone is the demo shop's.
var shopZone = time.FixedZone("Asia/Shanghai", 8*60*60)

// dated fills in the dates of a row of the demo's, so that no order is from long ago.
func dated(row map[string]string, now time.Time) map[string]string {
	for k, v := range row {
		row[k] = day.ReplaceAllStringFunc(v, func(m string) string {
			part := day.FindStringSubmatch(m)
			n, _ := strconv.Atoi(part[2])
			at := now.In(shopZone).AddDate(0, 0, n)
			return at.Format(map[string]string{"day": time.DateOnly, "zh": "1 月 2 日", "en": "2 January"}[part[1]])
		})
	}
	return row
}
