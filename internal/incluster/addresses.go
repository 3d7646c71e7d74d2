package incluster

import (
	"fmt"
	"net/netip"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// addresses are where the pods of some EndpointSlices listen, in order and each once, also
// of pods that are not ready, or end: whether one is there is found out by asking it.
// Where pods have addresses of IPv4 and of IPv6, those of IPv4 are taken.
func (s Service) addresses(of []*unstructured.Unstructured) ([]netip.AddrPort, error) {
	byType := map[discoveryv1.AddressType][]netip.AddrPort{}
	for _, one := range of {
		var slice discoveryv1.EndpointSlice
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(one.Object, &slice); err != nil {
			return nil, fmt.Errorf("the EndpointSlice %s: %w", one.GetName(), err)
		}
		if len(slice.Endpoints) == 0 {
			continue
		}
		port, err := s.port(slice.Ports)
		if err != nil {
			return nil, err
		}
		for _, endpoint := range slice.Endpoints {
			for _, text := range endpoint.Addresses {
				if address, err := netip.ParseAddr(text); err == nil { // else it is a name
					byType[slice.AddressType] = append(byType[slice.AddressType], netip.AddrPortFrom(address, port))
				}
			}
		}
	}
	for _, kind := range []discoveryv1.AddressType{discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6} {
		if found := byType[kind]; len(found) > 0 {
			return sorted(found), nil
		}
	}
	return nil, fmt.Errorf("the Service %s has no pod", s)
}

func sorted(all []netip.AddrPort) []netip.AddrPort {
	slices.SortFunc(all, netip.AddrPort.Compare)
	return slices.Compact(all)
}

// port is the one called as s says, or else the only one there is.
func (s Service) port(ports []discoveryv1.EndpointPort) (uint16, error) {
	at := slices.IndexFunc(ports, func(p discoveryv1.EndpointPort) bool { return p.Name != nil && *p.Name == s.Port })
	if at < 0 && len(ports) == 1 {
		at = 0
	}
	if at < 0 || ports[at].Port == nil || *ports[at].Port < 1 || *ports[at].Port > 65535 {
		return 0, fmt.Errorf("the Service %s has %d ports, and none that is called %s", s, len(ports), s.Port)
	}
	return uint16(*ports[at].Port), nil
}
