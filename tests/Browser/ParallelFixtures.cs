// People wait more than they compute. Fixtures that take a service away, or see what all people together do, run alone.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]
