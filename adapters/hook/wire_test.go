package hook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

// What the other side is posted for a message of every kind.
func TestRendering(t *testing.T) {
	coretest.Rendering(t, func(t *testing.T, env core.Envelope) (got string) {
		there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			got += r.Method + " " + r.URL.Path + "\n" + string(b) + "\n"
			_, _ = io.WriteString(w, `{"id":"m1"}`)
		}))
		defer there.Close()
		a := coretest.Open(t, New, Config{URL: there.URL + "/messages", Secret: secret}, coretest.Deps(&coretest.Inbox{}, &coretest.Log{}, there.Client()))
		env.Peer = core.Peer{ID: "u7"}
		for i, one := range coretest.Fitted(a.Limits(), env, "") {
			one.ID = env.ID + "-" + strconv.Itoa(i)
			if _, err := a.Send(t.Context(), one); err != nil {
				got += "refused: " + err.Error() + "\n"
			}
		}
		return got
	})
}
