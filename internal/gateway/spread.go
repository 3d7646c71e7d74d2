package gateway

import (
	"cmp"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// server is one of an app, with its share of the requests.
type server struct {
	address string // as the language writes it
	weight  int
}

// share is what a reference gets of the requests of its rule, spread over its servers.
type share struct {
	weight  int
	servers []string
}

// ready are the servers of a Service's port that take requests, in order, each once. All
// addresses of an endpoint are one pod's, so the first is enough.
func (b *builder) ready(service key, port string) (servers []string) {
	for _, slice := range b.slices[service] {
		for _, p := range slice.Ports {
			if p.Port == nil || *or(p.Name, new(string)) != port || p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP {
				continue
			}
			for _, e := range slice.Endpoints {
				if e.Conditions.Ready != nil && !*e.Conditions.Ready || len(e.Addresses) == 0 {
					continue
				}
				if _, err := netip.ParseAddr(e.Addresses[0]); err == nil {
					servers = append(servers, net.JoinHostPort(e.Addresses[0], strconv.Itoa(int(*p.Port))))
				}
			}
		}
	}
	slices.Sort(servers)
	return slices.Compact(servers)
}

// maxWeight is the largest that the language has for a server.
const maxWeight = 100

// spread gives each server its part of its reference's share. A server of several
// references has the sum. Weights are whole numbers from 1 to maxWeight: shares that
// differ by more come as near as these can.
func spread(shares []share) []server {
	parts := map[string]float64{}
	for _, one := range shares {
		for _, address := range one.servers {
			parts[address] += float64(one.weight) / float64(len(one.servers))
		}
	}
	var servers []server
	scale := scaleOf(parts)
	for address, part := range parts {
		servers = append(servers, server{address, min(maxWeight, max(1, int(math.Round(part*scale))))})
	}
	slices.SortFunc(servers, func(a, b server) int { return cmp.Compare(a.address, b.address) })
	return servers
}

// scaleOf is the least factor that makes weights of the parts which come nearest to them.
func scaleOf(parts map[string]float64) float64 {
	least, most := math.Inf(1), 0.0
	for _, part := range parts {
		least, most = min(least, part), max(most, part)
	}
	best, nearest := maxWeight/most, math.Inf(1)
	for weight := 1; weight <= maxWeight; weight++ { // of the smallest
		scale := float64(weight) / least
		if most*scale > maxWeight+0.5 {
			break
		}
		wrong := 0.0
		for _, part := range parts {
			exact := part * scale
			wrong = max(wrong, math.Abs(math.Round(exact)-exact)/exact)
		}
		if wrong < nearest-1e-9 {
			best, nearest = scale, wrong
		}
	}
	return best
}
