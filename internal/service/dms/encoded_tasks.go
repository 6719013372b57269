package dms

import (
	"sync"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// shownTask is a task as it is answered, and that as JSON.
type shownTask struct {
	task    *dmsapi.ReplicationTask
	encoded []byte
}

// shownTasks keeps what a record that rests is answered with, by the name of its instance, which stands in its settings.
// Settings and mappings are kilobytes of text: to encode a page of 100 anew costs ten times what the rest of the call does.
type shownTasks struct{ made sync.Map }

type shownVariant struct {
	host            string
	withoutSettings bool
}

// shownItem is a task's record as it is answered. One that is active is shown with its instance's latest numbers, anew each time.
func (s *Service) shownItem(from getter, item store.Item, withoutSettings bool) (*shownTask, error) {
	t, err := store.Decoded[Task](item)
	if err != nil {
		return nil, err
	}
	if t.active() {
		return s.encodeTask(from, t, withoutSettings)
	}
	kept, err := store.Memo(item, func(store.Item) (*shownTasks, error) { return &shownTasks{}, nil })
	if err != nil {
		return nil, err
	}
	host, err := hostName(from, t)
	if err != nil {
		return nil, err
	}
	key := shownVariant{host, withoutSettings}
	if made, ok := kept.made.Load(key); ok {
		return made.(*shownTask), nil
	}
	made, err := s.encodeTask(from, t, withoutSettings)
	if err == nil {
		kept.made.Store(key, made)
	}
	return made, err
}

func (s *Service) encodeTask(from getter, t *Task, withoutSettings bool) (*shownTask, error) {
	shown, err := s.showTask(from, t)
	if err != nil {
		return nil, err
	}
	if withoutSettings {
		shown.ReplicationTaskSettings = nil
	}
	return &shownTask{shown, dmsapi.Service.AppendShapeJSON(nil, "ReplicationTask", shown)}, nil
}

// encodeTasks writes the answer of the parts.
func encodeTasks(dst []byte, parts []*shownTask, marker *string) []byte {
	dst = append(dst, '{')
	if marker != nil {
		dst = append(append(append(dst, `"Marker":"`...), *marker...), `",`...) // base64
	}
	dst = append(dst, `"ReplicationTasks":[`...)
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, p.encoded...)
	}
	return append(dst, "]}"...)
}
