package store

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-im/frontdesk/core"
	"github.com/frontdesk-im/frontdesk/core/coretest"
	"github.com/frontdesk-im/frontdesk/core/store/pgtest"
)

// Some tests need a process of their own, to be killed or starved. It is this
// test binary, told by childEnv what to do.
const childEnv = "FRONTDESK_STORE_CHILD"

var children = map[string]func(dir string, args []string) error{
	"load":    childLoad,
	"backlog": childBacklog,
	"starve":  childStarve,
	"open":    childOpen,
}

func TestMain(m *testing.M) {
	if job := strings.Fields(os.Getenv(childEnv)); len(job) > 0 {
		if err := children[job[0]](os.Getenv(childEnv+"_DIR"), job[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	// A failure prints how to repeat it. More checks: FRONTDESK_LONG=1, or -rapid.checks 1000.
	set := map[string]string{"rapid.nofailfile": "true", "rapid.checks": "25"}
	if coretest.Long() {
		set["rapid.checks"] = "500"
	}
	flag.Visit(func(f *flag.Flag) { delete(set, f.Name) })
	for name, v := range set {
		flag.Set(name, v)
	}
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// child starts a process that does job on the store in dir.
func child(t testing.TB, dir, job string) (*exec.Cmd, io.Reader) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+job, childEnv+"_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

const loaders = 16 // goroutines of childLoad, each with a conversation of its own

func loaderKey(g int) core.Key { return core.Key{Channel: "web", Peer: "g" + strconv.Itoa(g)} }

// childLoad files, answers and sends until it is killed, and writes a line for
// everything that the store has confirmed.
func childLoad(dir string, args []string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Path: dir})
	if err != nil {
		return err
	}
	errs := make(chan error)
	for g := range loaders {
		go func() {
			key := loaderKey(g)
			for n := 0; ; n++ {
				ref := fmt.Sprintf("%s-%s-%08d", key.Peer, args[0], n)
				if err := load(ctx, s, key, ref, n); err != nil {
					errs <- err
				}
			}
		}()
	}
	return <-errs
}

func load(ctx context.Context, s *Store, key core.Key, ref string, n int) error {
	if fresh, err := s.Receive(ctx, key, core.Envelope{Channel: key.Channel, Ref: ref, Parts: core.Parts{core.Text{Body: ref}}}); err != nil || !fresh {
		return fmt.Errorf("receive %s: %v, %w", ref, fresh, err)
	}
	fmt.Println("in", key.Peer, ref)
	if n%3 == 2 {
		return nil // the next turn finds several
	}
	c, err := s.Turn(ctx, key, time.Now(), echo)
	if err != nil {
		return err
	}
	fmt.Println("turn", key.Peer, c.After.Seen)
	for _, d := range c.Deliveries {
		for next := &d; next != nil; {
			d := *next
			if next, err = s.Settle(ctx, time.Now(), core.Result{Delivery: d, Outcome: core.AttemptSent, Ref: "sent-" + d.ID}); err != nil {
				return err
			}
			fmt.Println("sent", key.Peer, d.ID)
		}
	}
	return nil
}

// echo answers each message with its own words, and counts them.
func echo(c core.Conversation, unread []core.Envelope) (core.Outcome, error) {
	n := 0
	if len(c.Mind) > 0 {
		if _, err := fmt.Sscan(string(c.Mind), &n); err != nil {
			return core.Outcome{}, err
		}
	}
	o := core.Outcome{Conversation: c}
	for _, e := range unread {
		n++
		o.Say = append(o.Say, core.Envelope{Parts: e.Parts})
		o.Events = append(o.Events, core.Event{Kind: core.EventAnswered, Why: e.Parts.Text()})
	}
	o.Conversation.Mind = []byte(strconv.Itoa(n))
	return o, nil
}

// childBacklog leaves n unfinished messages, half unread and half unsent, and
// is killed.
func childBacklog(dir string, args []string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Path: dir})
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	many(n/2, func(i int) {
		key, env := inbound(i, n)
		if _, e := s.Receive(ctx, key, env); e != nil {
			err = e
		}
		key.Channel = "weibo"
		if _, e := s.Turn(ctx, key, time.Now(), func(c core.Conversation, _ []core.Envelope) (core.Outcome, error) {
			return core.Outcome{Conversation: c, Say: []core.Envelope{{Parts: env.Parts}}}, nil
		}); e != nil {
			err = e
		}
	})
	if err != nil {
		return err
	}
	return syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// childOpen opens the store and says how that went.
func childOpen(dir string, _ []string) error {
	s, err := Open(context.Background(), Options{Path: dir})
	if err != nil {
		fmt.Println(err)
		return nil
	}
	fmt.Println("opened")
	return s.Close()
}

func lines(r io.Reader, line func(string)) {
	for sc := bufio.NewScanner(r); sc.Scan(); {
		line(sc.Text())
	}
}
