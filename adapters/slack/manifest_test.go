package slack

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	api "github.com/slack-go/slack"
)

// scopes are what each call needs: https://docs.slack.dev/reference/methods
var scopes = map[string][]string{
	"PostMessageContext":            {"chat:write", "chat:write.customize", "im:write"},
	"PostEphemeralContext":          {"chat:write"},
	"UpdateMessageContext":          {"chat:write"},
	"GetConversationHistoryContext": {"channels:history", "groups:history"},
	"GetConversationRepliesContext": {"channels:history", "groups:history"},
	"GetConversationInfoContext":    {"channels:read", "groups:read"},
	"GetUsersInConversationContext": {"channels:read", "groups:read"},
	"JoinConversationContext":       {"channels:join"},
	"GetUserInfoContext":            {"users:read"},
	"AddReactionContext":            {"reactions:write"},
	"RemoveReactionContext":         {"reactions:write"},
	"GetFileContext":                {"files:read"},
	"GetFileInfoContext":            {"files:read"},
	"GetUploadURLExternalContext":   {"files:write"},
	"UploadToURL":                   {"files:write"},
	"CompleteUploadExternalContext": {"files:write"},
	"OpenViewContext":               nil,
	"PublishViewContext":            nil,
	"AuthTestContext":               nil,
	"StartSocketModeContext":        nil, // the app-level token's connections:write
}

// events need scopes, too: https://docs.slack.dev/reference/events
var eventScopes = map[string]string{"message.im": "im:history", "message.channels": "channels:history", "message.groups": "groups:history"}

// The manifest has what the code uses and nothing else, and is one that Slack's
// own type of it takes.
func TestManifest(t *testing.T) {
	b, err := os.ReadFile("manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j, err := yaml.YAMLToJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	var m api.Manifest
	d := json.NewDecoder(bytes.NewReader(j))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"commands": true}
	for name := range calls(t) {
		ss, ok := scopes[name]
		if !ok {
			t.Errorf("which scopes does %s need?", name)
		}
		for _, s := range ss {
			want[s] = true
		}
	}
	var events []string
	for _, e := range m.Settings.EventSubscriptions.BotEvents {
		if s := eventScopes[e]; s != "" {
			want[s] = true
		}
		kind, _, _ := strings.Cut(e, ".")
		events = append(events, kind)
	}
	slices.Sort(events)
	if got, read := slices.Compact(events), slices.Sorted(slices.Values(wanted)); !slices.Equal(got, read) {
		t.Errorf("events\n   %q are asked for\n   %q are read", got, read)
	}
	if got, need := slices.Sorted(slices.Values(m.OAuthConfig.Scopes.Bot)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, need) {
		t.Errorf("scopes\n   %q are asked for\n   %q are needed", got, need)
	}
	if got, need := slices.Sorted(slices.Values(m.OAuthConfig.Scopes.Bot)), slices.Sorted(slices.Values(needs)); !slices.Equal(got, need) {
		t.Errorf("scopes\n   %q are asked for\n   %q are looked for at the start", got, need)
	}
	var ids []string
	for _, s := range m.Features.Shortcuts {
		if len([]rune(s.Name)) > 24 || len([]rune(s.Description)) > 150 || s.Type != "message" {
			t.Errorf("Slack does not take the shortcut %+v", s)
		}
		ids = append(ids, strings.TrimPrefix(s.CallbackID, "desk_"))
	}
	if !slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(shortcuts))) {
		t.Errorf("shortcuts %q, read are %q", ids, shortcuts)
	}
	if !m.Settings.SocketModeEnabled || !m.Settings.Interactivity.IsEnabled || !m.Features.AppHome.HomeTabEnabled || len(m.Features.SlashCommands) != 1 || m.Features.SlashCommands[0].Command != "/desk" {
		t.Errorf("the manifest is %+v", m)
	}
}

// calls are the methods of the API that the package's code calls.
func calls(t *testing.T) map[string]bool {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f, "_test.go") {
			for _, m := range regexp.MustCompile(`\b(?:api|w)\.(\w+(?:Context|ToURL))\(`).FindAllSubmatch(b, -1) {
				out[string(m[1])] = true
			}
		}
	}
	return out
}

// The configuration in the guide is one, in both languages the same; every scope
// and key that the guide names exists.
func TestGuide(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(b, -1)
	if len(found) != 4 {
		t.Fatalf("%d configurations in the guide, want 4", len(found))
	}
	var first map[string]any
	for i, f := range found {
		var all struct {
			Desks map[string]map[string]any `json:"desks"`
		}
		if err := yaml.UnmarshalWithOptions(f[1], &all, yaml.Strict()); err != nil {
			t.Fatal(err)
		}
		part := all.Desks["slack"]
		if i%2 == 1 { // what is added for rooms
			maps.Copy(first, part)
			part = first
		}
		first = maps.Clone(part)
		if part["type"] != "slack" {
			t.Fatalf("the guide says %v", all)
		}
		for _, k := range []string{"type", "lang", "hold", "topics"} { // of every desk
			delete(part, k)
		}
		for k, v := range part { // secrets come from the environment
			if s, ok := v.(string); ok {
				part[k] = map[string]string{"${SLACK_TOKEN}": "xoxb-1", "${SLACK_APP_TOKEN}": "xapp-1", "${SLACK_SECRET}": "0123456789abcdef"}[s]
				if part[k] == "" {
					part[k] = s
				}
			}
		}
		j, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		var c Config
		d := json.NewDecoder(bytes.NewReader(j))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}
