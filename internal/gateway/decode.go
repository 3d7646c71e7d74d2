package gateway

import (
	"bytes"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"
)

// Kind is one of the kinds of objects that are read.
type Kind struct {
	schema.GroupVersionResource
	Name       string
	Namespaced bool
	Told       bool // a controller writes its status
	empty      func() metav1.Object
}

// Kinds lists them.
func Kinds() []Kind {
	of := func(group, resource, name string, namespaced bool, empty func() metav1.Object) Kind {
		told := slices.Contains([]string{"GatewayClass", "Gateway", "HTTPRoute", "Ingress"}, name)
		return Kind{schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}, name, namespaced, told, empty}
	}
	api := func(resource, name string, namespaced bool, empty func() metav1.Object) Kind {
		return of(gatewayv1.GroupName, resource, name, namespaced, empty)
	}
	return []Kind{
		api("gatewayclasses", "GatewayClass", false, func() metav1.Object { return &gatewayv1.GatewayClass{} }),
		api("gateways", "Gateway", true, func() metav1.Object { return &gatewayv1.Gateway{} }),
		api("httproutes", "HTTPRoute", true, func() metav1.Object { return &gatewayv1.HTTPRoute{} }),
		api("referencegrants", "ReferenceGrant", true, func() metav1.Object { return &gatewayv1.ReferenceGrant{} }),
		of("networking.k8s.io", "ingressclasses", "IngressClass", false, func() metav1.Object { return &networkingv1.IngressClass{} }),
		of("networking.k8s.io", "ingresses", "Ingress", true, func() metav1.Object { return &networkingv1.Ingress{} }),
		of("", "namespaces", "Namespace", false, func() metav1.Object { return &corev1.Namespace{} }),
		of("", "services", "Service", true, func() metav1.Object { return &corev1.Service{} }),
		of("", "secrets", "Secret", true, func() metav1.Object { return &corev1.Secret{} }),
		of("discovery.k8s.io", "endpointslices", "EndpointSlice", true, func() metav1.Object { return &discoveryv1.EndpointSlice{} }),
	}
}

// Decode reads an object of the kind from what JSON says of it.
func (k Kind) Decode(content map[string]any) (metav1.Object, error) {
	o := k.empty()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, o); err != nil {
		return nil, fmt.Errorf("read a %s: %w", k.Name, err)
	}
	return o, nil
}

// Add adds an object of one of the Kinds. Any other is left out.
func (o *Objects) Add(one metav1.Object) {
	switch one := one.(type) {
	case *gatewayv1.GatewayClass:
		o.Classes = append(o.Classes, one)
	case *gatewayv1.Gateway:
		o.Gateways = append(o.Gateways, one)
	case *gatewayv1.HTTPRoute:
		o.Routes = append(o.Routes, one)
	case *gatewayv1.ReferenceGrant:
		o.Grants = append(o.Grants, one)
	case *networkingv1.IngressClass:
		o.IngressClasses = append(o.IngressClasses, one)
	case *networkingv1.Ingress:
		o.Ingresses = append(o.Ingresses, one)
	case *corev1.Namespace:
		o.Namespaces = append(o.Namespaces, one)
	case *corev1.Service:
		o.Services = append(o.Services, one)
	case *corev1.Secret:
		o.Secrets = append(o.Secrets, one)
	case *discoveryv1.EndpointSlice:
		o.EndpointSlices = append(o.EndpointSlices, one)
	}
}

// AddYAML adds the objects of a text, which has "---" between them. Lists are what they
// hold, and what is of no kind that is read is left out. An object without a namespace is
// in "default", as kubectl puts it there.
func (o *Objects) AddYAML(text []byte) error {
	for i, document := range bytes.Split(append([]byte("\n"), text...), []byte("\n---")) {
		var content map[string]any
		if err := yaml.Unmarshal(document, &content); err != nil {
			return fmt.Errorf("read object %d: %w", i+1, err)
		}
		if err := o.addContent(content); err != nil {
			return err
		}
	}
	return nil
}

func (o *Objects) addContent(content map[string]any) error {
	if items, list := content["items"].([]any); list {
		for _, item := range items {
			if one, ok := item.(map[string]any); ok {
				if err := o.addContent(one); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, k := range Kinds() {
		if content["kind"] != k.Name || content["apiVersion"] != k.GroupVersion().String() {
			continue
		}
		one, err := k.Decode(content)
		if err != nil {
			return err
		}
		if k.Namespaced && one.GetNamespace() == "" {
			one.SetNamespace("default")
		}
		if s, ok := one.(*corev1.Secret); ok {
			for name, value := range s.StringData {
				if s.Data == nil {
					s.Data = map[string][]byte{}
				}
				s.Data[name] = []byte(value)
			}
		}
		o.Add(one)
	}
	return nil
}
