namespace Whorl.Dht.Kademlia;

/// <summary>One question that a search wants to ask.</summary>
/// <param name="Node">Whom.</param>
/// <param name="Targets">What for: for each the node's nearest neighbours are wanted.</param>
internal sealed record BeamStep(DhtId Node, IReadOnlyList<DhtId> Targets);
