package controller

import (
	"context"
	"log/slog"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"edgegen/internal/gateway"
)

// statuses writes into the statuses of objects.
type statuses struct {
	client dynamic.Interface
	log    *slog.Logger
}

// write writes those that differ from what is there. It reports whether all of them are
// as they are to be, or will be looked at again: an object that has changed meanwhile
// comes once more.
func (s *statuses) write(ctx context.Context, all []gateway.Status) bool {
	whole := true
	for _, one := range all {
		if reflect.DeepEqual(one.Value, one.Was) {
			continue
		}
		err := s.one(ctx, one)
		if err == nil || apierrors.IsConflict(err) || apierrors.IsNotFound(err) || ctx.Err() != nil {
			continue
		}
		s.log.Warn("cannot write an object's status", "object", one.Of.String(), "error", err)
		whole = false
	}
	return whole
}

func (s *statuses) one(ctx context.Context, status gateway.Status) error {
	content, err := content(status.Value)
	if err != nil {
		return err
	}
	kind := status.Kind()
	o := &unstructured.Unstructured{Object: map[string]any{"status": content}}
	o.SetAPIVersion(kind.GroupVersion().String())
	o.SetKind(kind.Name)
	o.SetName(status.Of.Name)
	o.SetNamespace(status.Of.Namespace)
	o.SetUID(status.UID)
	o.SetResourceVersion(status.Version)
	resource := dynamic.ResourceInterface(s.client.Resource(kind.GroupVersionResource))
	if kind.Namespaced {
		resource = s.client.Resource(kind.GroupVersionResource).Namespace(status.Of.Namespace)
	}
	_, err = resource.UpdateStatus(ctx, o, metav1.UpdateOptions{FieldManager: gateway.ControllerName})
	return err
}

// content is a value as JSON has it.
func content(value any) (map[string]any, error) {
	pointer := reflect.New(reflect.TypeOf(value))
	pointer.Elem().Set(reflect.ValueOf(value))
	return runtime.DefaultUnstructuredConverter.ToUnstructured(pointer.Interface())
}
