namespace Whorl.Formats.Tests;

public sealed class HubReferenceTests
{
    [Theory]
    [InlineData("org/name", "org/name", "main", null)]
    [InlineData("gpt2", "gpt2", "main", null)]
    [InlineData("org/name@v1.0", "org/name", "v1.0", null)]
    [InlineData("org/name:Q4_K_M", "org/name", "main", "Q4_K_M")]
    [InlineData("Org-1/na.me_2@refs/pr/3:IQ2_XS", "Org-1/na.me_2", "refs/pr/3", "IQ2_XS")]
    public void A_reference_is_read(string text, string id, string revision, string? quantisation)
    {
        Assert.True(HubReference.TryParse(text, out HubReference? reference));
        Assert.Equal(new HubReference(id, revision, quantisation), reference);
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/org/name")]
    [InlineData("./model")]
    [InlineData("../model")]
    [InlineData("a/b/c")]
    [InlineData("org/")]
    [InlineData("org/name@")]
    [InlineData("org/name:")]
    [InlineData("org/na--me")]
    [InlineData("org/name.git")]
    [InlineData("org/na..me")]
    [InlineData("org/name@../x")]
    [InlineData("org/name@a//b")]
    [InlineData("org/name@/b")]
    [InlineData("org/name\n")]
    [InlineData("C:\\models")]
    [InlineData("org/na me")]
    [InlineData("org/nämé")]
    public void What_names_no_model_is_refused(string? text)
    {
        Assert.False(HubReference.TryParse(text, out _));
        Assert.Throws<FormatException>(() => HubReference.Parse(text!));
    }
}
