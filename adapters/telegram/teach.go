package telegram

import (
	"context"
	"encoding/json"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// commands are what Telegram's clients offer when an agent types "/": those of
// the desk that are needed most. All others work as well.
var commands = [][3]string{
	{"claim", "接听这个会话", "take this conversation"},
	{"close", "结束：/close 小结 #标签", "close it: /close summary #tag"},
	{"transfer", "转接：/transfer @同事 说明", "hand it over: /transfer @colleague why"},
	{"park", "挂起：/park 2h", "set it aside: /park 2h"},
	{"note", "内部备注", "an internal note"},
	{"undo", "撤回刚发的消息", "take back your last message"},
	{"canned", "常用回复", "canned replies"},
	{"on", "上班", "go on duty"},
	{"break", "小休", "take a break"},
	{"off", "下班", "go off duty"},
	{"mine", "我的会话", "my conversations"},
	{"queue", "排队情况", "who waits"},
	{"help", "全部命令", "all commands"},
}

// teach tells Telegram the desk's commands, best effort.
func (ch *Channel) teach(ctx context.Context) {
	if !ch.group.desk() {
		return
	}
	type command struct {
		Name string `json:"command"`
		What string `json:"description"`
	}
	for i, lang := range []string{"zh", ""} {
		var cs []command
		for _, c := range commands {
			cs = append(cs, command{c[0], c[1+i]})
		}
		b, err := json.Marshal(cs)
		if err == nil {
			err = ch.bot.call(ctx, "setMyCommands", tgbotapi.Params{"commands": string(b), "language_code": lang, "scope": `{"type":"all_group_chats"}`}, nil)
		}
		if err != nil {
			ch.deps.Log.Debug("the commands were not told to Telegram", "err", err)
		}
	}
}
