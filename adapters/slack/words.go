package slack

import "strings"

// words are what the adapter itself says to staff, in Chinese and English; all
// else that they read comes from core/desk.
var words = map[string][2]string{
	"customer": {"客户", "Customer"},
	"bot":      {"机器人", "Bot"},
	"outsider": {"只有客服频道的成员可以使用前台。", "Only members of the desk's channel can use the front desk."},
	"dead":     {"⚠ 这条线程的卡片被删除了，写在这里的可能发不出去；请到频道里会话的新卡片下继续。", "⚠ The card of this thread was deleted; what you write here may reach nobody. The ticket goes on under its new card in the channel."},
	"stranger": {"只有这个频道的成员可以处理它的会话：", "Only members of its channel can work on this ticket: "},
	"moved":    {"➡ 会话转到了 ", "➡ This ticket has moved to "},
	"go":       {"打开", "open"},
	"astray":   {"⚠ 会话已不在这里，写在这里的没有发给客户。请到新的频道继续：", "⚠ The ticket is not here any more; the customer did not get this. It goes on in "},
	"unsure":   {"⚠ 不确定是否送达，请先确认再重发：", "⚠ It may have arrived; look before repeating it: "},
	"nothing":  {"⚠ 这条消息里没有能转给客户的内容，没有发出。请写成文字，或作为文件发送。", "⚠ Nothing in this message can be carried to the customer; it was not sent. Write it as words, or send it as a file."},
	"file":     {"⚠ 文件没有取到，没有发给客户：", "⚠ The file could not be fetched, so the customer does not get it: "},
	"fileBig":  {"⚠ 文件超过 50 MB，没有发给客户：", "⚠ The file is over 50 MB, so the customer does not get it: "},

	"send": {"确定", "Submit"}, "cancel": {"取消", "Cancel"}, "optional": {"（可不填）", " (optional)"},
	"close": {"结束会话", "Close the ticket"}, "transfer": {"转接", "Transfer"}, "note": {"内部备注", "Internal note"}, "park": {"挂起", "Park"}, "canned": {"常用语", "Ready replies"},

	"outcome": {"结果", "Outcome"}, "solved": {"已解决", "Solved"}, "unsolved": {"未解决", "Not solved"}, "spam": {"垃圾消息", "Spam"}, "duplicate": {"重复", "Duplicate"}, "gone": {"客户已离开", "The customer left"},
	"summary": {"小结", "Summary"}, "tags": {"标签（空格分开）", "Tags, separated by spaces"}, "survey": {"评价", "Survey"}, "nosurvey": {"不请客户评价", "Don't ask the customer to rate it"},
	"colleague": {"同事", "Colleague"}, "topic": {"或组", "Or a topic"}, "why": {"说明，对方会看到", "Why; they will read it"},
	"text": {"内容，客户看不到", "The note; the customer does not see it"}, "until": {"到什么时候：2h、18:30、明天；不填则等客户再来", "Until when: 2h, 18:30, tomorrow; empty: until they write"},
	"canned_id": {"编号或标题；不填则列出全部", "Its id or title; empty lists them"},

	"home": {"前台", "Front desk"}, "now_on": {"🟢 您在岗，会接到新会话", "🟢 You are on duty and get tickets"}, "now_break": {"🟡 您在小休，不接新会话", "🟡 You are on a break and get no new tickets"},
	"now_off": {"⚪ 您不在岗", "⚪ You are off duty"}, "on": {"上班", "On duty"}, "break": {"小休", "Break"}, "off": {"下班", "Off duty"},
	"mine": {"我的会话", "My tickets"}, "queue": {"排队", "The line"}, "stats": {"谁在岗", "Who is on duty"}, "help": {"命令", "Commands"},
	"none": {"手上没有会话。", "You have no tickets."}, "has": {"手上的会话：", "Your tickets:"},
	"guide": {"按“上班”开始接单。每个会话是客服频道里的一条线程：按“接听”，直接在线程里回复，客户就会收到；以“备注”或 !备注 开头的是内部备注，以 ! 开头的都是命令，都不会发给客户。",
		"Press “On duty” to get tickets. Each ticket is a thread in the desk's channel: press Claim and answer in the thread, and the customer gets it. What begins with !note is an internal note, everything that begins with ! a command; neither is sent."},
}

// A lang is the language of the staff, zh-CN unless it begins with en.
type lang string

// say is what the staff read for one of words.
func (l lang) say(id string) string {
	pair := words[id]
	if strings.HasPrefix(string(l), "en") {
		return pair[1]
	}
	return pair[0]
}
