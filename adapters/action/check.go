package action

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/frontdesk-im/frontdesk/core"
)

// Sample implements core.Sampler: without url and table it is the demo's list.
func (s *System) Sample() bool { return s.conf.URL == "" && s.conf.Table == "" }

// Check implements core.Checker: the table can be read, or something answers at
// url. It asks no question: a HEAD request is answered or refused by every
// server that works.
func (s *System) Check(ctx context.Context) error {
	if s.table != nil {
		s.table.mu.Lock()
		defer s.table.mu.Unlock()
		if err := s.table.load(); err != nil {
			return fmt.Errorf("%w; mend the file, or name another under table", err)
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, s.conf.URL, nil)
	if err != nil {
		return errors.New("action: the url is not usable; write the http(s) address that answers questions")
	}
	resp, err := s.deps.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("%w; see whether the business system runs and whether this machine reaches its url", core.Unreached("action", err))
	}
	_ = resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented {
		return fmt.Errorf("action: the business system answers %s; see whether it runs and whether url is right", resp.Status)
	}
	return nil
}
