package app

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// weekdays are how days are called, besides their English beginnings.
var weekdays = strings.NewReplacer(
	"星期", "周", "礼拜", "周", "每天", " mon-sun ", "每日", " mon-sun ", "天天", " mon-sun ", "工作日", " mon-fri ", "平日", " mon-fri ", "周末", " sat-sun ",
	"everyday", " mon-sun ", "every day", " mon-sun ", "daily", " mon-sun ", "weekdays", " mon-fri ", "weekends", " sat-sun ", "weekend", " sat-sun ",
)

// marks are how people write what joins and parts days and times.
var marks = strings.NewReplacer("：", ":", "－", "-", "–", "-", "—", "-", "~", "-", "～", "-", "到", "-", "至", "-", " to ", "-", "；", " ", ";", " ", "，", " ", ",", " ", "、", " ", "。", " ",
	"全天", " 0:00-24:00 ", "24小时", " 0:00-24:00 ", "24h", " 0:00-24:00 ", "always", " 0:00-24:00 ", "closed", " ", "休息", " ", "上班", " ", "and", " ", "和", " ")

var (
	someDay  = regexp.MustCompile(`周([一二三四五六日天])|\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*`)
	aroundTo = regexp.MustCompile(`\s*-+\s*`)
	someDays = regexp.MustCompile(`(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?`)
	someTime = regexp.MustCompile(`^(上午|早上|早|中午|下午|晚上|晚)?(\d{1,2})(?::(\d\d)|点(半|\d\d分?)?|时)?(am|pm)?$`)
)

var dayNames = map[string]string{"一": "mon", "二": "tue", "三": "wed", "四": "thu", "五": "fri", "六": "sat", "日": "sun", "天": "sun"}

var errHours = errors.New("请写成 周一到周五 9:00-18:00；周六 10:00-16:00，全天写 24h / write it like mon-fri 09:00-18:00; sat 10:00-16:00, or 24h")

// weekOf reads hours as people write them: 周一到周六 9:00-21:00, 每天 上午9点到晚上9点,
// Mon to Fri 9am-6pm; Sat 10-16. Days that are not named are not open.
func weekOf(v string) (map[string][]string, error) {
	v = marks.Replace(weekdays.Replace(strings.ToLower(v)))
	v = someDay.ReplaceAllStringFunc(v, func(d string) string {
		if m := someDay.FindStringSubmatch(d); m[1] != "" {
			return dayNames[m[1]]
		}
		return d[:3]
	})
	v = someDays.ReplaceAllString(aroundTo.ReplaceAllString(v, "-"), " $0 ")
	week := map[string][]string{}
	var days []string // whose hours follow
	open := false     // hours have followed
	for _, w := range strings.FieldsFunc(v, unicode.IsSpace) {
		if someDays.FindString(w) == w {
			if open {
				days, open = nil, false
			}
			days = append(days, w)
			continue
		}
		hours, err := hoursOf(w)
		if err != nil {
			return nil, err
		}
		if open = true; len(days) == 0 {
			days = []string{"mon-sun"}
		}
		for _, d := range days {
			week[d] = append(week[d], hours)
		}
	}
	if len(week) == 0 {
		return nil, errHours
	}
	return week, nil
}

// hoursOf reads from when to when.
func hoursOf(w string) (string, error) {
	from, to, ok := strings.Cut(w, "-")
	begin, err1 := clockOf(from, "")
	end, err2 := clockOf(to, begin)
	if !ok || err1 != nil || err2 != nil {
		return "", fmt.Errorf("%w; %s?", errHours, w)
	}
	return begin + "-" + end, nil
}

// clockOf reads a time of day. A bare small number that would lie before the
// beginning is one of the afternoon: 9-6.
func clockOf(v, begin string) (string, error) {
	m := someTime.FindStringSubmatch(v)
	if m == nil {
		return "", errHours
	}
	h, err := strconv.Atoi(m[2])
	if err != nil {
		return "", err
	}
	minute := cmp.Or(m[3], "00")
	if m[4] == "半" {
		minute = "30"
	} else if m[4] != "" {
		minute = strings.TrimSuffix(m[4], "分")
	}
	late := m[5] == "pm" || m[1] == "下午" || m[1] == "晚上" || m[1] == "晚"
	if h < 12 && (late || m[3] == "" && m[1] == "" && m[5] == "" && fmt.Sprintf("%02d:%s", h, minute) < begin) {
		h += 12
	} else if h == 12 && m[5] == "am" {
		h = 0
	}
	return fmt.Sprintf("%02d:%s", h, minute), nil
}
