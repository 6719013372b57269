package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) endpointOperations() []service.Operation { return nil }
