// Package adapters lists the platforms built into the program.
package adapters

import (
	"github.com/frontdesk-im/frontdesk/adapters/action"
	"github.com/frontdesk-im/frontdesk/adapters/console"
	"github.com/frontdesk-im/frontdesk/adapters/hook"
	"github.com/frontdesk-im/frontdesk/adapters/slack"
	"github.com/frontdesk-im/frontdesk/adapters/telegram"
	"github.com/frontdesk-im/frontdesk/adapters/webchat"
	"github.com/frontdesk-im/frontdesk/adapters/wechat"
	"github.com/frontdesk-im/frontdesk/adapters/weibo"
	"github.com/frontdesk-im/frontdesk/core"
)

// All is every adapter, by the name that the configuration uses. To add one,
// write its folder and add its line.
var All = map[string]core.Maker{
	"action":   core.Make(action.New),   // business systems that flows ask
	"console":  core.Make(console.New),  // staff's pages
	"hook":     core.Make(hook.New),     // anything that can exchange signed JSON
	"slack":    core.Make(slack.New),    // a channel of a Slack workspace, as a desk
	"telegram": core.Make(telegram.New), // Telegram bots; as a desk, a group of staff
	"webchat":  core.Make(webchat.New),  // chat window on the business's pages
	"wechat":   core.Make(wechat.New),   // WeChat Official Accounts
	"weibo":    core.Make(weibo.New),    // Weibo accounts with the fans service
}
