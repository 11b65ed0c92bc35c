// A field of a fixture is good for one test, so that no test sees what another one left.
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
