// Package adapters lists the platforms built into the program.
package adapters

import (
	"github.com/frontdesk-im/frontdesk/adapters/action"
	"github.com/frontdesk-im/frontdesk/adapters/console"
	"github.com/frontdesk-im/frontdesk/adapters/hook"
	"github.com/frontdesk-im/frontdesk/adapters/webchat"
	"github.com/frontdesk-im/frontdesk/core"
)

// All is every adapter, by the name that the configuration uses. To add one,
// write its folder and add its line.
var All = map[string]core.Maker{
	"action":  core.Make(action.New),  // business systems that flows ask
	"console": core.Make(console.New), // staff's pages
	"hook":    core.Make(hook.New),    // anything that can exchange signed JSON
	"webchat": core.Make(webchat.New), // chat window on the business's pages
}
