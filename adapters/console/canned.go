package console

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-im/frontdesk/core"
)

// canned is a reply that is ready to be used. The composer fills placeholders
// like {name} before the agent sends it.
type canned struct {
	Key   string `json:"key"` // what is typed after /
	Title string `json:"title"`
	Text  string `json:"text"`
}

const mostCanned = 300

// lists are the replies of the whole desk and of one account.
type lists struct {
	Team []canned `json:"team"`
	Mine []canned `json:"mine"`
}

// replies are the canned replies, as the pages read and write them.
type replies struct {
	shelf shelf
	live  *live
	audit audit
}

func (rs replies) serve(_ http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	out := lists{Team: []canned{}, Mine: []canned{}}
	if _, err := rs.shelf.get(r.Context(), "canned", &out.Team); err != nil {
		return nil, err
	}
	_, err := rs.shelf.get(r.Context(), "canned/"+who.account.ID, &out.Mine)
	return out, err
}

// save keeps a whole list. Everybody has one; the team's is kept by leads.
func (rs replies) save(w http.ResponseWriter, r *http.Request, who signedIn) (any, error) {
	var in struct {
		Team *[]canned `json:"team"`
		Mine *[]canned `json:"mine"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return nil, err
	}
	if in.Team != nil && !who.account.Role.leads() {
		return nil, problem{http.StatusForbidden, "not_allowed"}
	}
	for key, list := range map[string]*[]canned{"canned": in.Team, "canned/" + who.account.ID: in.Mine} {
		if list == nil {
			continue
		}
		if err := checkCanned(*list); err != nil {
			return nil, err
		}
		if err := rs.shelf.put(r.Context(), key, *list, 0); err != nil {
			return nil, err
		}
	}
	if in.Team != nil {
		rs.audit.note(r, deed{who.account.ID, "changed", "the team's canned replies"})
	}
	rs.live.tell(r.Context(), hint{Kind: hintTeam})
	return rs.serve(w, r, who)
}

func checkCanned(list []canned) error {
	if len(list) > mostCanned {
		return core.ErrTooLarge
	}
	seen := map[string]bool{}
	for _, k := range list {
		switch n := utf8.RuneCountInString(k.Key); {
		case n < 1 || n > 30 || strings.ContainsAny(k.Key, " \t\n/"), seen[k.Key],
			utf8.RuneCountInString(k.Title) > 60, strings.TrimSpace(k.Text) == "", utf8.RuneCountInString(k.Text) > 4000:
			return fmt.Errorf("%w: canned reply", core.ErrInvalid)
		}
		seen[k.Key] = true
	}
	return nil
}
