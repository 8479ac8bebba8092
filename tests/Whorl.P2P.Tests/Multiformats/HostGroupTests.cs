using System.Net;
using Whorl.P2P.Multiformats;

namespace Whorl.P2P.Tests.Multiformats;

public sealed class HostGroupTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", HostGroup.Loopback)]
    [InlineData("192.0.2.2", "192.0.2.2", HostGroup.Loopback)] // a process of this machine that dialled another of its addresses
    [InlineData("2001:db8::2", "2001:db8::2", HostGroup.Loopback)]
    [InlineData("192.0.2.3", "192.0.2.2", "192.0.2.3")]
    [InlineData("2001:db8:1:2:3::4", "2001:db8::2", "20010DB8000100")]
    public void Who_comes_from_an_address_of_this_machine_is_on_this_machine(string remote, string own, string group)
    {
        Assert.Equal(group, HostGroup.Of(IPAddress.Parse(remote), IPAddress.Parse(own)));
        Assert.Equal(group, HostGroup.Of(Multiaddress.FromTcp(new IPEndPoint(IPAddress.Parse(remote), 1234)), IPAddress.Parse(own)));
    }
}
