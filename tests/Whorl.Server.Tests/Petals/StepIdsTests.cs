using System.Globalization;
using Whorl.Server.Petals;

namespace Whorl.Server.Tests.Petals;

public class StepIdsTests
{
    [Fact]
    public void A_step_counts_once_as_long_as_it_is_among_the_last_ones_and_without_an_id_always()
    {
        StepIds ids = new();
        for (int i = 0; i < StepIds.Capacity; i++)
        {
            Assert.True(ids.Add(i.ToString(CultureInfo.InvariantCulture)));
        }

        Assert.False(ids.Add("0"));
        Assert.True(ids.Add("another"));
        Assert.True(ids.Add("0")); // forgotten to make room
        Assert.False(ids.Add("another"));
        Assert.True(ids.Add(null) && ids.Add(null));
    }
}
