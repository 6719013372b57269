package dms

import "github.com/whimbreldb/whimbrel/internal/service"

func (s *Service) endpointOperations() []service.Operation {
	return []service.Operation{
		s.createEndpoint(), s.deleteCertificate(), s.deleteConnection(), s.deleteEndpoint(), s.describeCertificates(), s.describeConnections(),
		s.describeEndpointSettings(), s.describeEndpointTypes(), s.describeEndpoints(), s.describeRefreshSchemasStatus(), s.describeSchemas(),
		s.importCertificate(), s.modifyEndpoint(), s.refreshSchemas(), s.testConnection(),
	}
}
