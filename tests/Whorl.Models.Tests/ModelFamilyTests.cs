namespace Whorl.Models.Tests;

public sealed class ModelFamilyTests
{
    [Fact]
    public void Every_family_in_the_assembly_is_listed_once()
    {
        IEnumerable<string> Names(IEnumerable<Type> types) => types.Select(t => t.Name).Order(StringComparer.Ordinal);
        Assert.Equal(
            Names(typeof(ModelFamily).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ModelFamily)) && !t.IsAbstract)),
            Names(ModelFamily.All.Select(f => f.GetType())));
    }

    [Fact]
    public void No_two_families_claim_the_same_name()
    {
        Assert.Distinct(ModelFamily.All.SelectMany(f => f.Aliases.Append(f.ModelType)));
        Assert.Distinct(ModelFamily.All.SelectMany(f => f.GgufArchitectures));
    }
}
