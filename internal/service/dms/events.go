package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) eventOperations() []service.Operation { return nil }
