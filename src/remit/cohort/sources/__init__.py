"""Where records of many persons come from: exposures tables, OMOP, FHIR bulk files."""
