package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) eventOperations() []service.Operation {
	return []service.Operation{
		s.describeEvents(), s.describeEventCategories(), s.createEventSubscription(), s.modifyEventSubscription(), s.deleteEventSubscription(),
		s.describeEventSubscriptions(),
	}
}
