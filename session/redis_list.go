package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/rueidis"
)

// Lister is a Store that knows all its sessions.
type Lister interface {
	// List returns what m selects, in no order, and whether there is more than
	// limit.
	List(ctx context.Context, m Match, limit int) (list []Summary, more bool, err error)
}

var _ Lister = (*RedisStore)(nil)

// List reads summaries. Sessions that end while it reads are left out.
func (c *RedisStore) List(ctx context.Context, m Match, limit int) ([]Summary, bool, error) {
	var refs []string
	var err error
	more := false
	take := func(ref string) bool {
		if len(refs) == limit {
			more = true
			return false
		}
		refs = append(refs, ref)
		return true
	}
	switch m.by() {
	case byID:
		take(refOf(m.ID))
	case bySID, bySubject:
		var all []string
		if all, err = c.index.find(ctx, m); err == nil {
			// The index is in the order in which they end: the last are the newest.
			for i := len(all) - 1; i >= 0 && take(all[i]); i-- {
			}
		}
	case byAll:
		err = c.each(ctx, take)
	}
	if err != nil {
		return nil, false, fmt.Errorf("list sessions: %w", err)
	}
	now := At(c.clock())
	var list []Summary
	for at := 0; at < len(refs); at += listBatch {
		batch, err := c.summaries(ctx, refs[at:min(at+listBatch, len(refs))])
		if err != nil {
			return nil, false, fmt.Errorf("list sessions: %w", err)
		}
		for _, y := range batch {
			as := &Session{Created: y.Created, Seen: y.Seen, Ends: y.Ends}
			if y.selects(m) && c.lifetime.Live(as, now) {
				y.Ends = c.lifetime.Ends(as)
				list = append(list, *y)
			}
		}
	}
	return list, more, nil
}

// listBatch is how many sessions one command reads.
const listBatch = 200

func (c *RedisStore) summaries(ctx context.Context, refs []string) ([]*Summary, error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	client, err := c.redis.client(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(refs))
	for i, ref := range refs {
		keys[i] = c.redis.key("s", ref)
	}
	values, err := rueidis.MGet(client, ctx, keys)
	if err != nil {
		return nil, redisError(err)
	}
	var list []*Summary
	for i, key := range keys {
		message := values[key]
		sealed, err := message.ToString()
		if err != nil {
			continue // gone meanwhile
		}
		if y := c.safe.summary(refs[i], sealed); y != nil {
			list = append(list, y)
		}
	}
	return list, nil
}

// each calls do with the ref of every session, once, until do returns false.
func (c *RedisStore) each(ctx context.Context, do func(ref string) bool) error {
	client, err := c.redis.client(ctx)
	if err != nil {
		return err
	}
	pattern := globEscape(c.redis.options.KeyPrefix) + "s:{*}"
	nodes := map[string]rueidis.Client{"": client}
	if c.redis.options.Cluster {
		nodes = client.Nodes()
	}
	seen := map[string]bool{} // SCAN may tell twice, and a cluster's replicas do
	for _, node := range nodes {
		for cursor := uint64(0); ; {
			page, err := node.Do(ctx, node.B().Scan().Cursor(cursor).Match(pattern).Count(1000).Build()).AsScanEntry()
			if err != nil {
				return redisError(err)
			}
			for _, key := range page.Elements {
				ref, ok := c.redis.refOfKey(key)
				if !ok || seen[ref] {
					continue
				}
				seen[ref] = true
				if !do(ref) {
					return nil
				}
			}
			if cursor = page.Cursor; cursor == 0 {
				break
			}
		}
	}
	return nil
}

// globEscape makes prefix mean itself in a MATCH pattern.
func globEscape(prefix string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(prefix)
}
