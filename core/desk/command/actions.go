package command

// The actions. They arrive as core.Pick{Option: "claim"}, with an argument as
// "send:7", as core.Form{ID: "transfer", Values: …}, or as a text command.
const (
	ActClaim    = "claim"    // take a ticket that nobody has
	ActTake     = "take"     // take over, from whoever has it; message: and send this note of mine
	ActRelease  = "release"  // give it back to the front of the line; while it rings: let somebody else have it
	ActTransfer = "transfer" // to: agent or topic; note
	ActNote     = "note"     // text
	ActPark     = "park"     // until: 2h, 30分钟, 18:30, 明天 …; note
	ActResume   = "resume"   // a parked ticket goes on
	ActClose    = "close"    // outcome, summary, tags, survey: no
	ActReopen   = "reopen"   // a closed ticket goes on with whoever says so
	ActBot      = "bot"      // hand back to the bot
	ActPriority = "priority" // class: P0 to P3
	ActTag      = "tag"      // tags: those that the ticket has from now on
	ActName     = "name"     // name: what the customer is called from now on
	ActCanned   = "canned"   // id or title; without one they are listed
	ActTemplate = "template" // id or title, text; message: with what I wrote there; without an id they are listed
	ActSuggest  = "suggest"  // entry, or its number in the list last shown
	ActBad      = "bad"      // entry: the suggestion was wrong
	ActSend     = "send"     // message: what was held back goes out anyway
	ActDrop     = "drop"     // message: it does not go out
	ActUndo     = "undo"     // message, or the last one
	ActCorrect  = "correct"  // message, text: a correction of what the customer has seen
	ActRetry    = "retry"    // message that did not arrive
	ActKeep     = "keep"     // message: it goes out when the customer writes again
	ActMerge    = "merge"    // message: several pieces go out as one
	ActHelp     = "help"

	ActOn    = "on"    // presence
	ActBreak = "break" // until: 30m, 13:30 …
	ActOff   = "off"   // force: yes
	ActMine  = "mine"  // my tickets
	ActQueue = "queue" // the line
	ActStats = "stats" // who is on duty, with how many

	ActReassure = "reassure" // do: stop or resume; scope, why: policies speak to those who wait no more, or again; without do: who is spared
	ActCause    = "cause"    // text: why it takes longer than usual, for those who wait; without it: nothing special any more
)

// A Command is an action in words. COMMANDS.md has them all, and a test runs
// every example in it.
type Command struct {
	Action  string
	Zh, En  []string // the first of each is the one that is shown
	Args    [2]string
	About   [2]string
	Desk    bool // concerns the whole desk, not one ticket
	numbers bool // its argument is the number of a message
}

// Commands are all text commands, in the order in which help lists them.
var Commands = []Command{
	{Action: ActClaim, Zh: []string{"接听", "认领", "领取", "接入"}, En: []string{"claim"}, About: [2]string{"接听", "take a ticket that nobody has"}},
	{Action: ActTake, Zh: []string{"接管"}, En: []string{"take", "takeover"}, Args: [2]string{"[编号]", "[message]"}, About: [2]string{"接管；带编号则同时把那条备注发给客户", "take over; with a number, also send that note"}, numbers: true},
	{Action: ActRelease, Zh: []string{"释放", "退回"}, En: []string{"release"}, About: [2]string{"放回队首", "back to the front of the line"}},
	{Action: ActTransfer, Zh: []string{"转", "转接", "转组", "转给"}, En: []string{"transfer", "assign"}, Args: [2]string{"@同事或组 原因", "@colleague-or-topic why"}, About: [2]string{"转给同事或别的组", "to a colleague or a topic"}},
	{Action: ActNote, Zh: []string{"备注", "内部"}, En: []string{"note"}, Args: [2]string{"内容", "text"}, About: [2]string{"内部备注（也可用 // 开头）", "an internal note (or begin with //)"}},
	{Action: ActPark, Zh: []string{"挂起", "稍后"}, En: []string{"park", "snooze"}, Args: [2]string{"[2h] [备注]", "[2h] [note]"}, About: [2]string{"挂起到某时，或到客户再来", "until a time, or until the customer writes"}},
	{Action: ActResume, Zh: []string{"恢复", "继续"}, En: []string{"resume"}, About: [2]string{"恢复挂起的会话", "a parked ticket goes on"}},
	{Action: ActClose, Zh: []string{"结束", "关闭"}, En: []string{"close", "done"}, Args: [2]string{"[未解决|垃圾|重复] [小结] [#标签] [免评价]", "[unsolved|spam|duplicate] [summary] [#tag] [nosurvey]"}, About: [2]string{"结束会话", "close the ticket"}},
	{Action: ActReopen, Zh: []string{"重开"}, En: []string{"reopen"}, About: [2]string{"重新打开已结束的会话", "a closed ticket goes on"}},
	{Action: ActBot, Zh: []string{"机器人", "还给机器人"}, En: []string{"bot"}, About: [2]string{"交还机器人", "hand back to the bot"}},
	{Action: ActPriority, Zh: []string{"工单", "优先级"}, En: []string{"priority", "ticket"}, Args: [2]string{"P0–P3", "P0–P3"}, About: [2]string{"设定优先级", "set the priority"}},
	{Action: ActTag, Zh: []string{"标签"}, En: []string{"tag", "tags"}, Args: [2]string{"[#标签]", "[#tag]"}, About: [2]string{"设定标签；不写则去掉", "set the tags; none: take them off"}},
	{Action: ActName, Zh: []string{"称呼"}, En: []string{"name"}, Args: [2]string{"[称呼]", "[name]"}, About: [2]string{"给客户一个称呼", "give the customer a name"}},
	{Action: ActCanned, Zh: []string{"常用", "快捷"}, En: []string{"canned", "quick"}, Args: [2]string{"[名称]", "[name]"}, About: [2]string{"常用语，确认后发出", "a ready reply, sent after you confirm"}},
	{Action: ActTemplate, Zh: []string{"模板"}, En: []string{"template"}, Args: [2]string{"[名称] [内容]", "[name] [text]"}, About: [2]string{"用平台的模板消息发出，窗口关闭后也能发", "by a template of the platform, also after its window has closed"}},
	{Action: ActSuggest, Zh: []string{"建议", "采纳"}, En: []string{"suggest"}, Args: [2]string{"序号", "number"}, About: [2]string{"采用建议回复", "send a suggested reply"}},
	{Action: ActBad, Zh: []string{"差评建议", "建议不对"}, En: []string{"bad"}, Args: [2]string{"序号", "number"}, About: [2]string{"这条建议不对", "that suggestion is wrong"}},
	{Action: ActSend, Zh: []string{"发送"}, En: []string{"send"}, Args: [2]string{"[编号]", "[message]"}, About: [2]string{"仍然发送被拦下的消息", "send what was held back anyway"}, numbers: true},
	{Action: ActMerge, Zh: []string{"合并发送", "合并"}, En: []string{"merge"}, Args: [2]string{"[编号]", "[message]"}, About: [2]string{"合并成一条发送", "send it as one message"}, numbers: true},
	{Action: ActDrop, Zh: []string{"不发", "放弃"}, En: []string{"drop"}, Args: [2]string{"[编号]", "[message]"}, About: [2]string{"不发了", "do not send it"}, numbers: true},
	{Action: ActUndo, Zh: []string{"撤回"}, En: []string{"undo", "recall"}, Args: [2]string{"[编号]", "[message]"}, About: [2]string{"撤回刚才的消息", "take back the last message"}, numbers: true},
	{Action: ActCorrect, Zh: []string{"更正"}, En: []string{"correct"}, Args: [2]string{"[编号] [更正内容]", "[message] [text]"}, About: [2]string{"给客户发更正", "send the customer a correction"}, numbers: true},
	{Action: ActRetry, Zh: []string{"重发", "重试"}, En: []string{"retry"}, Args: [2]string{"[编号]", "[message]"}, About: [2]string{"重发失败的消息", "try a failed message again"}, numbers: true},
	{Action: ActKeep, Zh: []string{"存留", "下次发"}, En: []string{"keep"}, Args: [2]string{"[编号]", "[message]"}, About: [2]string{"客户下次来时发送", "send it when the customer writes again"}, numbers: true},
	{Action: ActOn, Zh: []string{"上班"}, En: []string{"on"}, About: [2]string{"开始接单", "take tickets"}, Desk: true},
	{Action: ActBreak, Zh: []string{"小休", "休息"}, En: []string{"break", "away"}, Args: [2]string{"[30分钟]", "[30m]"}, About: [2]string{"暂停接单，到时自动上班", "take no new tickets, until you say so or for a time"}, Desk: true},
	{Action: ActOff, Zh: []string{"下班"}, En: []string{"off"}, Args: [2]string{"[强制]", "[force]"}, About: [2]string{"下班；强制则把手上的会话放回队首", "go off duty; with force, your tickets go back to the line"}, Desk: true},
	{Action: ActMine, Zh: []string{"我的"}, En: []string{"mine"}, About: [2]string{"我手上的会话", "my tickets"}, Desk: true},
	{Action: ActQueue, Zh: []string{"排队", "队列"}, En: []string{"queue", "line"}, About: [2]string{"排队情况", "the line"}, Desk: true},
	{Action: ActStats, Zh: []string{"统计", "在岗"}, En: []string{"stats", "who"}, About: [2]string{"谁在岗、手上几单", "who is on duty, with how many"}, Desk: true},
	{Action: ActReassure, Zh: []string{"安抚"}, En: []string{"reassure"}, Args: [2]string{"停|恢复 [这位|队列|渠道|全部] [原因]", "stop|resume [this|queue|channel|all] [why]"}, About: [2]string{"停止或恢复对排队客户的自动安抚；不写则看现在停了什么", "stop or resume what policies tell those who wait; without more: what is stopped"}, Desk: true},
	{Action: ActCause, Zh: []string{"原因"}, En: []string{"cause"}, Args: [2]string{"[内容]", "[text]"}, About: [2]string{"告诉排队的客户为什么慢；不写则撤下", "why it takes longer, for those who wait; without words: nothing special any more"}, Desk: true},
	{Action: ActHelp, Zh: []string{"帮助"}, En: []string{"help", "?"}, About: [2]string{"这张表", "this list"}, Desk: true},
}

// ForAction is the command for an action; false for one that only buttons have.
func ForAction(action string) (Command, bool) {
	for _, c := range Commands {
		if c.Action == action {
			return c, true
		}
	}
	return Command{}, false
}
