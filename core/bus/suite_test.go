package bus

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
)

func TestSuite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		coretest.Bus(t, coretest.BusPlan{Open: func(*testing.T) core.Bus { return b }, Settle: synctest.Wait, Pass: time.Sleep})
	})
}
