package dialog

// wordings are the texts that the program itself needs, with the variables
// each may use. flows/words.yaml holds the texts.
var wordings = map[string][]string{
	"bot_prefix": nil, "bot_name": nil,

	// said by the bot
	"label_human": nil, "label_menu": nil,
	"menu": nil, "clarify": nil, "clarify_one": nil, "clarify_none": nil, "expired": nil,
	"fallback": {"text"}, "unknown_language": nil, "offer_human": nil,
	"sorry": nil, "sorry_handoff": nil, "distress": nil, "stuck": nil,
	"flood": {"minutes"},
	"voice": nil, "voice_text": {"text"}, "image": nil, "file": {"name"}, "location": nil, "unsupported": {"kind"},
	"to_agent": nil, // appended where somebody waits for an agent and sends what the bot can't read

	// in flows
	"invalid_text": nil, "invalid_number": nil, "invalid_phone": nil, "invalid_email": nil,
	"invalid_order": nil, "invalid_date": nil, "invalid_choice": nil,
	"too_many": nil, "cancelled": nil, "flow_changed": nil,
	"resume": {"title"}, "opt_resume": nil, "opt_stop": nil,
	"checking": nil, "call_failed": nil,

	// the line
	"queued": {"ahead", "eta", "topic", "asked"}, "connecting": {"topic", "asked"}, "asked_kept": {"text"}, "place": {"ahead", "eta"}, "still_in_line": {"ahead", "eta"},
	"ahead": {"n"}, "ahead_about": {"n"}, "ahead_next": nil,
	"eta": {"low", "high"}, "eta_under": {"high"}, "eta_over": {"high"}, "eta_none": nil, "eta_late": nil,
	"noted": nil, "back_in_line": {"ahead", "eta"}, "left_line": nil,
	"confirm_line": {"ahead", "eta"}, "opt_wait": nil, "opt_message": nil, "opt_leave": nil, "confirm_off": nil,

	// nobody on duty
	"nobody": {"promise", "opens"}, "closed_hours": {"promise", "opens"}, "nobody_unknown": nil,
	"message_kept": {"promise"}, "message_too": {"promise"}, "message_more": nil, "message_cancelled": nil,
	"at_today": {"clock"}, "at_tomorrow": {"clock"}, "at_date": {"month", "day", "clock", "weekday"},
	"weekdays": nil, // seven, Monday first, as variants

	// said for staff, see core/desk
	"claimed": {"agent"}, "returned": {"ahead", "eta"}, "transferred": {"agent", "topic"}, "closed": {"agent", "summary"},
	"parked": nil, "reopened": {"agent"}, "handed_back": nil, "delayed": nil, "correction": {"text"}, "withdrawn": nil,

	// survey
	"survey": nil, "opt_solved": nil, "opt_unsolved": nil, "survey_score": nil,
	"opt_1": nil, "opt_2": nil, "opt_3": nil, "opt_4": nil, "opt_5": nil,
	"survey_words": nil, "survey_thanks": nil, "survey_sorry": nil,
}

// commands are words that mean one thing wherever they are understood. The
// lists are in flows/words.yaml.
var commandNames = []string{"exit", "cancel", "skip", "menu", "place", "message", "yes", "no", "human"}

// reserved are targets and menu items that are neither entries nor flows.
const (
	toEnd   = "end"
	toMenu  = "menu"
	toHuman = "human"
)
