package redistest

import (
	"fmt"
	"strings"
	"testing"
)

// Watched is a master with one replica, and three sentinels that watch it
// under the name "gatehouse".
type Watched struct {
	Master, Replica *Server
	Sentinels       []*Server
}

// StartWatched starts all five. The sentinels give nobody up for being slow, as
// everybody is on a busy machine: FailOver tells them to.
func StartWatched(t testing.TB) *Watched {
	t.Helper()
	w := &Watched{Master: Start(t, "--repl-diskless-sync-delay", "0")}
	w.Replica = Start(t, "--replicaof", "127.0.0.1", w.Master.Port(), "--repl-diskless-sync-delay", "0")
	Eventually(t, "the replica follows", func() bool {
		return strings.Contains(w.Replica.Ask("INFO", "replication"), "master_link_status:up")
	})
	for range 3 {
		s := prepare(t, "redis-sentinel", nil)
		write(t, s.dir, "sentinel.conf", fmt.Sprintf(
			"sentinel monitor gatehouse 127.0.0.1 %s 2\nsentinel down-after-milliseconds gatehouse 600000\nsentinel failover-timeout gatehouse 60000\n",
			w.Master.Port()))
		s.Start()
		// They look every ten seconds otherwise.
		s.Do("SENTINEL", "DEBUG", "INFO-PERIOD", "200", "PUBLISH-PERIOD", "200", "PING-PERIOD", "100")
		w.Sentinels = append(w.Sentinels, s)
	}
	for _, s := range w.Sentinels {
		Eventually(t, "the sentinels know each other and the replica", func() bool {
			state := s.Ask("SENTINEL", "master", "gatehouse")
			return strings.Contains(state, "num-other-sentinels\r\n$1\r\n2") && strings.Contains(state, "num-slaves\r\n$1\r\n1")
		})
	}
	return w
}

// FailOver has the replica take the master's place, and returns when every
// sentinel knows.
func (w *Watched) FailOver() {
	w.Replica.t.Helper()
	w.Sentinels[0].Do("SENTINEL", "FAILOVER", "gatehouse")
	for _, s := range w.Sentinels {
		Eventually(s.t, "the replica is the master", func() bool {
			return strings.Contains(s.Ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "gatehouse"), "\r\n"+w.Replica.Port()+"\r\n") &&
				strings.Contains(w.Replica.Ask("ROLE"), "master")
		})
	}
}

// Addresses are the sentinels'.
func (w *Watched) Addresses() []string { return addresses(w.Sentinels) }

// Cluster is three masters that share the slots.
type Cluster []*Server

// StartCluster starts and joins them.
func StartCluster(t testing.TB) Cluster {
	t.Helper()
	var c Cluster
	for range 3 {
		c = append(c, Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", portOf(freeAddress(t))))
	}
	for i, s := range c {
		first, last := 16384*i/3, 16384*(i+1)/3-1
		s.Do("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(first), fmt.Sprint(last))
		s.Do("CONFIG", "SET", "cluster-require-full-coverage", "no")
		s.Do("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
		for _, other := range c[:i] {
			bus := other.options[len(other.options)-1]
			s.Do("CLUSTER", "MEET", "127.0.0.1", other.Port(), bus)
		}
	}
	for _, s := range c {
		Eventually(t, "the cluster is whole", func() bool {
			info := s.Ask("CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384") &&
				strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return c
}

// Addresses are the nodes'.
func (c Cluster) Addresses() []string { return addresses(c) }

func addresses(servers []*Server) []string {
	var list []string
	for _, s := range servers {
		list = append(list, s.Address)
	}
	return list
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
