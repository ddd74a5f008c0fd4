// Two cores: two fixtures at once, and those that are NonParallelizable alone.
[assembly: LevelOfParallelism(2)]
