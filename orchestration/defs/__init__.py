"""Assets, checks, jobs, schedules, sensors and resources, one module per part of the night."""
