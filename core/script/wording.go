package script

// wordings are the texts that the program itself needs, with the variables
// each may use. flows/words.yaml holds the texts.
var wordings = map[string][]string{
	"bot_prefix": nil, "bot_name": nil,

	// said by the bot
	"label_human": nil, "label_menu": nil,
	"menu": nil, "clarify": nil, "clarify_one": nil, "clarify_none": nil, "expired": nil,
	"fallback": {"text"}, "unknown_language": nil, "unknown_language_one": nil, "unknown_language_other": nil, "only_language": nil, "offer_human": nil,
	"sorry": nil, "sorry_handoff": nil, "sorry_handoff_later": nil, "stuck_later": nil, "too_many_later": nil, "danger_selfharm": nil, "danger_medical": nil, "danger_violence": nil, "danger_swindle": nil, "danger_next": nil, "danger_nobody": nil,
	"danger_again_selfharm": nil, "danger_again_medical": nil, "danger_again_violence": nil, "danger_again_swindle": nil, "danger_kept": nil, "stuck": nil,
	"flood":     {"minutes"},
	"left_over": {"text"},
	"voice":     nil, "voice_text": {"text"}, "image": nil, "file": {"name"}, "location": nil, "unsupported": {"kind"},
	"forwarded": nil,
	"to_agent":  nil, // appended where somebody waits for an agent and sends what the bot can't read

	// What is said to acts beside asking; any of them may be missing: then nothing is said.
	"act_greet": nil, "act_thanks": nil, "act_bye": nil, "act_ack": nil, "act_yes": nil, "act_no": nil, "act_praise": nil, "act_laugh": nil,
	"act_face": nil, "act_wait": nil, "act_there": nil, "act_hurry": nil, "act_insult": nil, "act_complain": nil, "act_not_this": nil,
	"act_help": nil, "act_stop": nil, "act_noise": nil,
	"language": nil, "bye_line": nil,

	// in flows
	"invalid_text": nil, "invalid_number": nil, "invalid_phone": nil, "invalid_email": nil,
	"invalid_order": nil, "invalid_date": nil, "invalid_choice": nil,
	"too_many": nil, "cancelled": nil, "flow_changed": nil,
	"corrected": {"label", "value"}, "two_values": {"first", "more"}, "lacks": nil,
	"resume": {"title"}, "opt_resume": nil, "opt_stop": nil,
	"checking": nil, "call_failed": nil,

	// the line
	"queued": {"ahead", "eta", "topic", "asked"}, "connecting": {"topic", "asked"}, "asked_kept": {"text"}, "place": {"ahead", "eta"}, "still_in_line": {"ahead", "eta"},
	"place_nobody": {"promise", "opens"}, "nobody_in_line": {"promise", "opens"}, "eta_busy": nil,
	"ahead": {"n"}, "ahead_about": {"n"}, "ahead_next": nil,
	"eta": {"low", "high"}, "eta_under": {"high"}, "eta_over": {"high"}, "eta_none": nil, "eta_late": nil,
	"noted": nil, "back_in_line": {"ahead", "eta"}, "left_line": nil,
	"callback": {"promise", "opens"}, "confirm_line": {"ahead", "eta"}, "opt_wait": nil, "opt_message": nil, "opt_leave": nil, "confirm_off": nil,

	// nobody on duty
	"nobody": {"promise", "opens"}, "closed_hours": {"promise", "opens"}, "nobody_unknown": nil,
	"message_kept": {"promise"}, "message_too": {"promise"}, "message_late": nil, "message_more": nil, "message_cancelled": nil,
	"at_today": {"clock"}, "at_tomorrow": {"clock"}, "at_date": {"month", "day", "clock", "weekday"},
	"weekdays": nil, // seven, Monday first, as variants

	// said to customers by core/desk, as in its WordIDs
	"claimed": {"agent"}, "returned": nil, "transferred": {"agent"}, "closed": {"agent"},
	"parked": nil, "reopened": {"agent"}, "handed_back": nil, "correction": {"text"}, "withdrawn": nil,

	// survey
	"survey": nil, "opt_solved": nil, "opt_unsolved": nil, "survey_score": nil,
	"opt_1": nil, "opt_2": nil, "opt_3": nil, "opt_4": nil, "opt_5": nil,
	"survey_words": nil, "survey_thanks": nil, "survey_sorry": nil,
}

// commandNames are words that mean one thing wherever they are understood. The
// lists are in flows/words.yaml.
var commandNames = []string{"exit", "cancel", "skip", "menu", "place", "message", "yes", "no", "human"}

// Targets and menu items that are neither entries nor flows.
const (
	ToEnd   = "end"
	ToMenu  = "menu"
	ToHuman = "human"
)
