--TEST--
Exceptions: one tree below RuntimeException, made and extended in PHP like any other
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
require __DIR__ . '/include/common.php';

$leaves = ['InvalidInput', 'NotFound', 'Forbidden', 'SignatureException', 'ConfigException', 'ProviderException', 'StorageException'];
foreach ($leaves as $leaf) {
    $class = "ChatHub\\$leaf";
    Checks::same('ChatHub\\Exception', get_parent_class($class), "parent of $leaf");
    $e = new $class('for the operator', 7, new LogicException('before'));
    Checks::same(['for the operator', 7, 'before'], [$e->getMessage(), $e->getCode(), $e->getPrevious()->getMessage()], "constructor of $leaf");
    Checks::same(['系统繁忙，请稍后重试', 'error', null], [$e->getPublicMessage(), $e->getKey(), $e->getField()], "getters of $leaf");
    try {
        throw $e;
    } catch (RuntimeException $caught) {
        Checks::that($caught === $e && $caught->getLine() === __LINE__ - 6, "$leaf is caught as a RuntimeException");
    }
}
Checks::same('RuntimeException', get_parent_class('ChatHub\\Exception'), 'parent of the base');

final class NoSeat extends ChatHub\Forbidden
{
    protected $key = 'no_seat';

    public function __construct(private string $plan)
    {
        parent::__construct("no seat in $plan");
        $this->publicMessage = '坐席已满';
        $this->field = 'seats';
    }
}
$own = new NoSeat('basic');
Checks::same(['no_seat', '坐席已满', 'seats', 'no seat in basic'], [$own->getKey(), $own->getPublicMessage(), $own->getField(), $own->getMessage()], 'a class of PHP\'s');

final class Spoilt extends ChatHub\NotFound
{
    protected $key = [];
    protected $publicMessage = 5;
    protected $field = false;
}
$spoilt = new Spoilt();
Checks::same(['error', '系统繁忙，请稍后重试', null], [$spoilt->getKey(), $spoilt->getPublicMessage(), $spoilt->getField()], 'getters keep their types');

try {
    ChatHub\Alipay::verify('a=1', '');
    echo "an empty key was taken\n";
} catch (ChatHub\Exception $thrown) {
    Checks::same([0, null, __FILE__, __LINE__ - 3], [$thrown->getCode(), $thrown->getPrevious(), $thrown->getFile(), $thrown->getLine()], 'where it was thrown');
    Checks::same('verify', $thrown->getTrace()[0]['function'], 'its trace');
}
$thrown = null;
try {
    ChatHub\Alipay::sign([], 'x');
} catch (ChatHub\InvalidInput $thrown) {
}
$copy = unserialize(serialize($thrown));
Checks::same([$thrown->getKey(), $thrown->getPublicMessage(), $thrown->getField(), $thrown->getMessage()], [$copy->getKey(), $copy->getPublicMessage(), $copy->getField(), $copy->getMessage()], 'serialised');
Checks::same('params', $copy->getField(), 'its field');
ob_start();
var_dump($thrown);
echo $thrown;
Checks::that(str_contains(ob_get_clean(), 'nothing_to_sign'), 'var_dump');
Checks::held();
?>
--EXPECT--
36 checks held
