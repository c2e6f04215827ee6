"""What Remit concluded as FHIR R4 resources. None of them is a risk assessment."""
